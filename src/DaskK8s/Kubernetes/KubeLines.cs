using System.Runtime.CompilerServices;

using DaskK8s.Kubernetes.Transport;

namespace DaskK8s.Kubernetes;

/// <summary>Splits a stream into lines of bounded length.</summary>
internal static class KubeLines
{
    /// <summary>The maximum length of a line of a watch, in bytes: one object, which the API server limits to 3 MiB.</summary>
    public const int MaxLineBytes = 16 * 1024 * 1024;

    private const int FirstBuffer = 16 * 1024;

    /// <summary>Reads lines; each is valid until the next one is requested.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="maxLineBytes">The maximum length of a line, in bytes.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The lines without their line breaks; incomplete data after the last line break is not a line.</returns>
    /// <exception cref="KubeBodyTooLargeException">A line is too long.</exception>
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
