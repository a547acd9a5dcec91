using Markdig;
using Markdig.Extensions.AutoIdentifiers;
using Markdig.Renderers.Html;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace DaskK8s.Docs.Tests.Pages;

/// <summary>A Markdown page of the repository, parsed as GitHub parses it.</summary>
internal sealed class Page
{
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder()
        .UsePipeTables()
        .UseAutoIdentifiers(AutoIdentifierOptions.GitHub)
        .UsePreciseSourceLocation()
        .Build();

    private readonly MarkdownDocument _document;

    private Page(string path, string text)
    {
        Path = path;
        Text = text;
        _document = Markdown.Parse(text, Pipeline);
    }

    /// <summary>Gets every page; those that help is made of are the concern of the module's own tests.</summary>
    public static IReadOnlyList<Page> All { get; } = [.. Repository.Files(".md").Where(static path => !path.StartsWith("src/DaskK8s.PowerShell/help/", StringComparison.Ordinal)).Select(Read)];

    /// <summary>Gets the path from the repository's root.</summary>
    public string Path { get; }

    public string Text { get; }

    public IEnumerable<string> Anchors => _document.Descendants<HeadingBlock>().Select(static heading => heading.GetAttributes().Id ?? "");

    /// <summary>Gets the targets of links and pictures.</summary>
    public IEnumerable<string> Links => _document.Descendants<LinkInline>().Select(static link => link.Url ?? "")
        .Concat(_document.Descendants<HtmlInline>().SelectMany(static html => HtmlTargets(html.Tag)))
        .Concat(_document.Descendants<HtmlBlock>().SelectMany(static html => HtmlTargets(html.Lines.ToString())));

    /// <summary>Returns the blocks of code, fenced and indented, each with the comment that stands right before it.</summary>
    public IEnumerable<PageCode> Code
    {
        get
        {
            foreach (CodeBlock block in _document.Descendants<CodeBlock>())
            {
                int at = block.Parent!.IndexOf(block);
                string before = at > 0 && block.Parent[at - 1] is HtmlBlock comment ? comment.Lines.ToString().Trim() : "";
                yield return new PageCode(Path, block.Line + 1, (block as FencedCodeBlock)?.Info, block.Lines.ToString().ReplaceLineEndings("\n"), before, block.Span);
            }
        }
    }

    public static Page Read(string path) => new(path, Repository.Read(path));

    public override string ToString() => Path;

    private static IEnumerable<string> HtmlTargets(string html) =>
        System.Text.RegularExpressions.Regex.Matches(html, "(?:src|srcset|href)=\"([^\"]+)\"").Select(static match => match.Groups[1].Value);
}
