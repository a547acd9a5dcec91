using System.Text;

namespace DaskK8s.Common;

/// <summary>Reads files named by a configuration, with a size limit, whatever they are (<c>/dev/zero</c>, a log, a pipe).</summary>
internal static class BoundedFile
{
    /// <summary>The maximum size of a file of keys, certificates or a token, in bytes.</summary>
    public const int MaxKeyBytes = 4 << 20;

    private const int FirstBuffer = 16 << 10;

    /// <summary>Reads a file's bytes.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maxBytes">The maximum size, in bytes.</param>
    /// <returns>The bytes.</returns>
    /// <exception cref="IOException">The file cannot be read, or is too large.</exception>
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
    /// <param name="maxBytes">The maximum size, in bytes.</param>
    /// <returns>The string.</returns>
    /// <exception cref="IOException">The file cannot be read, or is too large.</exception>
    public static string ReadAllText(string path, int maxBytes)
    {
        using StreamReader reader = new(new MemoryStream(ReadAllBytes(path, maxBytes)), Encoding.UTF8, detectEncodingFromByteOrderMarks: true);
        return reader.ReadToEnd();
    }

    /// <summary>Reads a text file on its own thread, so that a pipe without a writer or a hanging file system blocks only that thread.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maxBytes">The maximum size, in bytes.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The string.</returns>
    /// <exception cref="IOException">The file cannot be read, or is too large.</exception>
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
