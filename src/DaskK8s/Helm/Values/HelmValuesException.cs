using System.Globalization;

namespace DaskK8s;

/// <summary>The exception that is thrown when values cannot be read: the YAML is malformed, a path does not exist, or a value has another type.</summary>
/// <remarks>The message names paths, lines and columns, never a value.</remarks>
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

    /// <summary>Gets the line of the mistake in the YAML, from 1.</summary>
    /// <value>Null where the error is not about text.</value>
    public long? Line { get; }

    /// <summary>Gets the column of the mistake in the YAML, from 1.</summary>
    /// <value>Null where the error is not about text.</value>
    public long? Column { get; }

    /// <summary>Gets the path that was asked for.</summary>
    /// <value>Null where the error is about text.</value>
    public string? Path { get; }
}
