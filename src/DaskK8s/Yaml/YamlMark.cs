namespace DaskK8s.Yaml;

/// <summary>A position in YAML.</summary>
/// <param name="Index">The number of UTF-16 units before it.</param>
/// <param name="Line">The line, counted from 1.</param>
/// <param name="Column">The column in code points, counted from 0.</param>
internal readonly record struct YamlMark(int Index, int Line, int Column);
