using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace DaskK8s.Docs.Tests.Architecture;

/// <summary>
/// Finds the arrows between rooms in source code. A type belongs to the folder of its file, so namespaces do not matter. Every
/// name in signatures, attributes and method bodies is bound to its type, constants included.
/// </summary>
internal static class SourceArrows
{
    /// <summary>The usings that the SDKs add to every file.</summary>
    private const string ImplicitUsings = """
        global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq;
        global using System.Net.Http; global using System.Threading; global using System.Threading.Tasks;
        """;

    /// <summary>Finds every arrow between the folders of some files.</summary>
    /// <param name="files">The text of each file, by its path.</param>
    public static IReadOnlyList<Arrow> Find(IReadOnlyDictionary<string, string> files)
    {
        CSharpParseOptions options = new(LanguageVersion.Latest);
        CSharpCompilation compilation = CSharpCompilation.Create(
            "Rooms",
            files.Select(file => CSharpSyntaxTree.ParseText(file.Value, options, file.Key)).Append(CSharpSyntaxTree.ParseText(ImplicitUsings, options)),
            References(),
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));

        return
        [
            .. compilation.SyntaxTrees.Where(static tree => tree.FilePath.Length > 0).AsParallel()
                .SelectMany(tree => ArrowsOf(tree, compilation.GetSemanticModel(tree)))
                .OrderBy(static arrow => arrow.File, StringComparer.Ordinal).ThenBy(static arrow => arrow.Line),
        ];
    }

    public static string RoomOf(string file) => file[..file.LastIndexOf('/')];

    private static IEnumerable<Arrow> ArrowsOf(SyntaxTree tree, SemanticModel model)
    {
        string room = RoomOf(tree.FilePath);
        HashSet<(int, string)> seen = [];
        foreach (SyntaxNode node in tree.GetRoot().DescendantNodes(static node => node is not UsingDirectiveSyntax))
        {
            if (node is not (SimpleNameSyntax or BaseObjectCreationExpressionSyntax or ElementAccessExpressionSyntax or ConstructorInitializerSyntax))
            {
                continue;
            }

            foreach (INamedTypeSymbol type in TypesOf(model.GetSymbolInfo(node)))
            {
                int line = tree.GetLineSpan(node.Span).StartLinePosition.Line + 1;
                foreach (string other in type.DeclaringSyntaxReferences.Select(static part => RoomOf(part.SyntaxTree.FilePath)).Distinct().Where(other => other != room))
                {
                    if (seen.Add((line, type.Name)))
                    {
                        yield return new Arrow(room, other, tree.FilePath, line, UserOf(node), type.Name);
                    }
                }
            }
        }
    }

    /// <summary>Returns the outermost types that a name stands for or belongs to. Where an overload cannot be told, each counts.</summary>
    private static IEnumerable<INamedTypeSymbol> TypesOf(SymbolInfo info)
    {
        IEnumerable<ISymbol> symbols = info.Symbol is { } symbol ? [symbol] : info.CandidateSymbols;
        foreach (INamedTypeSymbol? found in symbols.Select(static symbol => symbol as INamedTypeSymbol ?? symbol.ContainingType))
        {
            INamedTypeSymbol? type = found;
            while (type?.ContainingType is { } outer)
            {
                type = outer;
            }

            if (type is not null)
            {
                yield return type.OriginalDefinition;
            }
        }
    }

    private static string UserOf(SyntaxNode node) =>
        node.Ancestors().OfType<BaseTypeDeclarationSyntax>().LastOrDefault()?.Identifier.Text
        ?? node.Ancestors().OfType<DelegateDeclarationSyntax>().LastOrDefault()?.Identifier.Text
        ?? "the file";

    /// <summary>Returns the assemblies of this process: the framework and the packages that the library uses.</summary>
    private static IEnumerable<MetadataReference> References() =>
        ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(static path => !Path.GetFileName(path).StartsWith("DaskK8s", StringComparison.Ordinal))
            .Select(static path => MetadataReference.CreateFromFile(path));
}
