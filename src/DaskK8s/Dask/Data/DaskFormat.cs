using System.Security.Cryptography;
using System.Text;

namespace DaskK8s;

/// <summary>A form in which values of more .NET types travel to workers and back, as bytes: <c>DaskK8s.Arrow</c> has one for tables.</summary>
/// <remarks>
/// A Python module, given as source, does the workers' part. <c>encode(value, target)</c> returns an object with <c>nbytes</c>, a length and
/// <c>piece(index)</c>, which gives bytes of about <c>PIECE</c>; what it raises is told as why a result cannot leave the cluster; <c>NotImplemented</c> lets a
/// result travel as if there were no form. <c>decode(data, target)</c> makes a value of a bytearray.
/// </remarks>
public abstract class DaskFormat
{
    /// <summary>Creates a form.</summary>
    /// <param name="source">The Python module.</param>
    protected DaskFormat(string source)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(source);
        Source = source.ReplaceLineEndings("\n");
        Id = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Source)))[..16];
    }

    internal string Source { get; }

    internal string Id { get; }

    /// <summary>Returns what <c>encode</c> is told to make for a type.</summary>
    /// <param name="type">The type that a result is read as.</param>
    /// <returns>The target; null where the form does not read the type.</returns>
    public abstract string? GetTarget(Type type);

    /// <summary>Reads a result.</summary>
    /// <param name="type">A type that the form reads.</param>
    /// <param name="content">What <c>encode</c> made.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The result, of the type.</returns>
    public abstract ValueTask<object> ReadAsync(Type type, DaskContent content, CancellationToken cancellationToken);

    /// <summary>Returns what <c>decode</c> is told to make of a value.</summary>
    /// <param name="value">An argument, or a value to scatter.</param>
    /// <returns>The target; null where the form does not write the value.</returns>
    public abstract string? GetTarget(object value);

    /// <summary>Writes a value.</summary>
    /// <param name="value">A value that the form writes.</param>
    /// <param name="destination">Where to; it waits where the cluster takes the bytes more slowly.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>A task that ends when all is written.</returns>
    public abstract ValueTask WriteAsync(object value, Stream destination, CancellationToken cancellationToken);
}
