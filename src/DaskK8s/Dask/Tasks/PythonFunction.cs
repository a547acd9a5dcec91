using System.Security.Cryptography;
using System.Text;

namespace DaskK8s;

/// <summary>A Python function that tasks call, given by name or by source.</summary>
/// <remarks>The source is sent to each worker only once, for any number of tasks.</remarks>
public sealed class PythonFunction
{
    private PythonFunction(string kind, string module, string name, string source, IReadOnlyDictionary<string, object?>? keywords)
    {
        Kind = kind;
        Module = module;
        Name = name;
        Source = source;
        Keywords = keywords;
        Id = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{kind}\n{module}\n{name}\n{source}")))[..32];
    }

    /// <summary>Gets the function's name, with which the keys of its tasks begin.</summary>
    public string Name { get; }

    /// <summary>Gets the keyword arguments of each call.</summary>
    /// <value>Null by default: none.</value>
    public IReadOnlyDictionary<string, object?>? Keywords { get; }

    internal string Kind { get; }

    internal string Module { get; }

    internal string Source { get; }

    internal string Id { get; }

    /// <summary>Returns a function that the workers import by name.</summary>
    /// <param name="module">The module: <c>operator</c>, <c>pandas</c>, <c>os.path</c>.</param>
    /// <param name="name">The function's name in the module; use dots for methods of classes.</param>
    /// <returns>The function.</returns>
    /// <exception cref="ArgumentException">A name is empty.</exception>
    public static PythonFunction FromName(string module, string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(module);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return new PythonFunction("name", module, name, string.Empty, null);
    }

    /// <summary>Returns a function that is defined by its source.</summary>
    /// <param name="source">Python source that defines the function at its top level; it can contain imports and other definitions.</param>
    /// <param name="name">The function's name in the source.</param>
    /// <returns>The function.</returns>
    /// <exception cref="ArgumentException">The source or the name is empty.</exception>
    public static PythonFunction FromSource(string source, string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(source);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return new PythonFunction("source", string.Empty, name, source.ReplaceLineEndings("\n"), null);
    }

    /// <summary>Returns the same function with keyword arguments for each call.</summary>
    /// <param name="keywords">The keyword arguments; they replace previous ones.</param>
    /// <returns>The function.</returns>
    public PythonFunction WithKeywords(IReadOnlyDictionary<string, object?> keywords) => new(Kind, Module, Name, Source, keywords);

    internal static PythonFunction FromScript(string source)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(source);
        return new PythonFunction("script", string.Empty, "script", source.ReplaceLineEndings("\n"), null);
    }
}
