using System.Diagnostics.CodeAnalysis;

namespace DaskK8s.Yaml;

/// <summary>A syntax error in YAML. It never leaves the library: callers wrap it in their own exception.</summary>
/// <param name="reason">What is wrong, without any of the content, which may be secret; without a full stop.</param>
/// <param name="mark">The position.</param>
[SuppressMessage("Design", "CA1064:Exceptions should be public", Justification = "Callers see HelmValuesException or KubeConfigException.")]
internal sealed class YamlSyntaxException(string reason, YamlMark mark) : Exception(reason)
{
    /// <summary>Gets the line, counted from 1.</summary>
    public int Line { get; } = mark.Line;

    /// <summary>Gets the column, counted from 1.</summary>
    public int Column { get; } = mark.Column + 1;
}
