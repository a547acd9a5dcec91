using System.Diagnostics.CodeAnalysis;

namespace DaskK8s.Yaml;

/// <summary>A mistake in a YAML text. It never leaves the library: whoever reads a text wraps it in an error of their own.</summary>
/// <param name="reason">What is wrong, without a piece of the text, which may be secret; no full stop.</param>
/// <param name="mark">Where.</param>
[SuppressMessage("Design", "CA1064:Exceptions should be public", Justification = "Callers see HelmValuesException or KubeConfigException.")]
internal sealed class YamlSyntaxException(string reason, YamlMark mark) : Exception(reason)
{
    /// <summary>Gets the line, counted from 1.</summary>
    public int Line { get; } = mark.Line;

    /// <summary>Gets the column, counted from 1.</summary>
    public int Column { get; } = mark.Column + 1;
}
