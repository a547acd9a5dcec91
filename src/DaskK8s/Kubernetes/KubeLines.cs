using System.Runtime.CompilerServices;

using DaskK8s.Kubernetes.Transport;

namespace DaskK8s.Kubernetes;

/// <summary>Splits a stream into lines of bounded length.</summary>
internal static class KubeLines
{
    /// <summary>The longest line of a watch, bytes: one object, of which the API server takes 3 MiB at most.</summary>
    public const int MaxLineBytes = 16 * 1024 * 1024;

    private const int FirstBuffer = 16 * 1024;

    /// <summary>Reads lines; each is valid until the next one is asked for.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="maxLineBytes">The longest line, bytes.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The lines without their ends; what comes after the last end is none.</returns>
    /// <exception cref="KubeBodyTooLargeException">A line is longer.</exception>
    public static async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(
        Stream stream, int maxLineBytes, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[FirstBuffer];
        int start = 0;
        int end = 0;
        while (true)
        {
            int read = await stream.ReadAsync(buffer.AsMemory(end), cancellationToken).ConfigureAwait(false);
            if (read == 0)
            {
                yield break;
            }

            int searched = end;
            end += read;
            int found;
            while ((found = buffer.AsSpan(searched, end - searched).IndexOf((byte)'\n')) >= 0)
            {
                if (searched + found > start)
                {
                    yield return buffer.AsMemory(start, searched + found - start);
                }

                start = searched = searched + found + 1;
            }

            buffer.AsSpan(start, end - start).CopyTo(buffer);
            end -= start;
            start = 0;
            if (end >= maxLineBytes)
            {
                throw new KubeBodyTooLargeException(maxLineBytes);
            }

            if (end == buffer.Length)
            {
                Array.Resize(ref buffer, Math.Min(2 * buffer.Length, maxLineBytes));
            }
            else if (end < FirstBuffer / 2 && buffer.Length > 8 * FirstBuffer)
            {
                // A large object is rare; the stream lives for minutes.
                Array.Resize(ref buffer, FirstBuffer);
            }
        }
    }
}
