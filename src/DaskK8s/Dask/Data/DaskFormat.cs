using System.Security.Cryptography;
using System.Text;

namespace DaskK8s;

/// <summary>A binary format for sending additional .NET types to workers and back: <c>DaskK8s.Arrow</c> has one for tables.</summary>
/// <remarks>
/// A Python module, given as source, implements the workers' side. <c>encode(value, target)</c> returns an object with <c>nbytes</c>, a length and
/// <c>piece(index)</c>, which returns about <c>PIECE</c> bytes. An exception is reported as the reason why a result cannot be sent; <c>NotImplemented</c>
/// sends a result without the format. <c>decode(data, target)</c> creates a value from a bytearray.
/// </remarks>
public abstract class DaskFormat
{
    /// <summary>Creates a format.</summary>
    /// <param name="source">The Python module.</param>
    protected DaskFormat(string source)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(source);
        Source = source.ReplaceLineEndings("\n");
        Id = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Source)))[..16];
    }

    internal string Source { get; }

    internal string Id { get; }

    /// <summary>Returns the target that <c>encode</c> receives for a type.</summary>
    /// <param name="type">The type that a result is read as.</param>
    /// <returns>The target; null if the format does not read the type.</returns>
    public abstract string? GetTarget(Type type);

    /// <summary>Reads a result.</summary>
    /// <param name="type">A type that the format reads.</param>
    /// <param name="content">The output of <c>encode</c>.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The result, as an instance of the type.</returns>
    public abstract ValueTask<object> ReadAsync(Type type, DaskContent content, CancellationToken cancellationToken);

    /// <summary>Returns the target that <c>decode</c> receives for a value.</summary>
    /// <param name="value">An argument, or a value to scatter.</param>
    /// <returns>The target; null if the format does not write the value.</returns>
    public abstract string? GetTarget(object value);

    /// <summary>Writes a value.</summary>
    /// <param name="value">A value that the format writes.</param>
    /// <param name="destination">The stream to write to; writes wait if the cluster reads more slowly.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>A task that completes when the value is written.</returns>
    public abstract ValueTask WriteAsync(object value, Stream destination, CancellationToken cancellationToken);
}
