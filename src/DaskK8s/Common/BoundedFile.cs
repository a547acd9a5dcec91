using System.Text;

namespace DaskK8s.Common;

/// <summary>Reads files that a configuration names: of bounded size, whatever they are (<c>/dev/zero</c>, a log, a pipe).</summary>
internal static class BoundedFile
{
    /// <summary>The largest file of keys, certificates or a token, bytes.</summary>
    public const int MaxKeyBytes = 4 << 20;

    private const int FirstBuffer = 16 << 10;

    /// <summary>Reads a file's bytes.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maxBytes">The largest size, bytes.</param>
    /// <returns>The bytes.</returns>
    /// <exception cref="IOException">It cannot be read, or is larger.</exception>
    public static byte[] ReadAllBytes(string path, int maxBytes)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1);
        byte[] buffer = new byte[FirstBuffer];
        int count = 0;
        int read;
        while ((read = file.Read(buffer, count, buffer.Length - count)) > 0)
        {
            count += read;
            if (count > maxBytes)
            {
                throw new IOException($"The file is larger than {maxBytes >> 20} MiB.");
            }

            if (count == buffer.Length)
            {
                Array.Resize(ref buffer, Math.Min(2 * buffer.Length, maxBytes + 1));
            }
        }

        return buffer[..count];
    }

    /// <summary>Reads a text file, as <see cref="File.ReadAllText(string)"/> does.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maxBytes">The largest size, bytes.</param>
    /// <returns>The text.</returns>
    /// <exception cref="IOException">It cannot be read, or is larger.</exception>
    public static string ReadAllText(string path, int maxBytes)
    {
        using StreamReader reader = new(new MemoryStream(ReadAllBytes(path, maxBytes)), Encoding.UTF8, detectEncodingFromByteOrderMarks: true);
        return reader.ReadToEnd();
    }

    /// <summary>Reads a text file; a pipe that nobody writes to, or a file system that hangs, holds up nobody but a thread of its own.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maxBytes">The largest size, bytes.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The text.</returns>
    /// <exception cref="IOException">It cannot be read, or is larger.</exception>
    public static async Task<string> ReadAllTextAsync(string path, int maxBytes, CancellationToken cancellationToken)
    {
        Task<string> reading = Task.Factory.StartNew(
            () => ReadAllText(path, maxBytes), CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
        try
        {
            return await reading.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (!reading.IsCompleted)
            {
                TimeLimit.Forget(reading);
            }
        }
    }
}
