using System.Globalization;

namespace DaskK8s;

/// <summary>The exception that is thrown when values cannot be read: the YAML is malformed, a path does not exist, or a value has another type.</summary>
/// <remarks>The message contains paths, lines and columns, but never a value.</remarks>
public sealed class HelmValuesException : DaskK8sException
{
    internal HelmValuesException(string message, string path)
        : base(message) => Path = path;

    internal HelmValuesException(string reason, long line, long column)
        : base(string.Create(CultureInfo.InvariantCulture, $"The values are not YAML that Helm can read: line {line}, column {column}: {reason}"))
    {
        Line = line;
        Column = column;
    }

    /// <summary>Gets the line of the error in the YAML, counted from 1.</summary>
    /// <value>Null if the error is not in YAML.</value>
    public long? Line { get; }

    /// <summary>Gets the column of the error in the YAML, counted from 1.</summary>
    /// <value>Null if the error is not in YAML.</value>
    public long? Column { get; }

    /// <summary>Gets the requested path.</summary>
    /// <value>Null if the error is in YAML.</value>
    public string? Path { get; }
}
