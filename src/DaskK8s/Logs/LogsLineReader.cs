using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace DaskK8s.Logs;

/// <summary>Splits a log stream with time stamps into lines, in bounded memory for lines of any length.</summary>
internal static class LogsLineReader
{
    /// <summary>The maximum length of a line.</summary>
    public const int MaxLineBytes = 64 * 1024;

    /// <summary>
    /// The size at which container runtimes split a line. Kubelets before 1.22 put a time stamp before each part of a split
    /// line, in the middle of the text.
    /// </summary>
    private const int PartBytes = 16 * 1024;

    private const int LongestStamp = 40;

    public static async IAsyncEnumerable<LogsRawLine> ReadAsync(Stream stream, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        byte[] input = new byte[16 * 1024];
        byte[] line = new byte[MaxLineBytes];
        int kept = 0;
        long cut = 0;
        int count;
        while ((count = await stream.ReadAsync(input, cancellationToken).ConfigureAwait(false)) > 0)
        {
            int start = 0;
            while (start < count)
            {
                int end = input.AsSpan(start, count - start).IndexOf((byte)'\n');
                int length = end < 0 ? count - start : end;
                int taken = Math.Min(length, MaxLineBytes - kept);
                input.AsSpan(start, taken).CopyTo(line.AsSpan(kept));
                kept += taken;
                cut += length - taken;
                start += length;
                if (end >= 0)
                {
                    start++;
                    yield return Parse(line.AsSpan(0, kept), cut);
                    kept = 0;
                    cut = 0;
                }
            }
        }

        if (kept > 0)
        {
            yield return Parse(line.AsSpan(0, kept), cut);
        }
    }

    internal static LogsRawLine Parse(Span<byte> line, long cut)
    {
        int text = StampLength(line, out DateTimeOffset? time);
        Span<byte> rest = line[text..];
        int length = time is null ? rest.Length : RemoveInnerStamps(rest);
        rest = rest[..length];
        if (rest.Length > 0 && rest[^1] == '\r' && cut == 0)
        {
            rest = rest[..^1];
        }

        string value = Encoding.UTF8.GetString(cut > 0 ? WholeCharacters(rest) : rest);
        return new LogsRawLine(time, cut > 0 ? string.Create(CultureInfo.InvariantCulture, $"{value} … ({cut} more bytes not shown)") : value);
    }

    /// <summary>Reads the kubelet's RFC 3339 time stamp with nanoseconds, and returns its length including the space after it, or 0.</summary>
    private static int StampLength(ReadOnlySpan<byte> line, out DateTimeOffset? time)
    {
        time = null;
        int blank = line[..Math.Min(line.Length, LongestStamp)].IndexOf((byte)' ');
        bool empty = blank < 0;
        blank = empty && line.Length <= LongestStamp ? line.Length : blank;
        if (blank < 20 || line[4] != '-' || line[10] != 'T')
        {
            return 0;
        }

        Span<char> stamp = stackalloc char[LongestStamp];
        int length = 0;
        int digits = -1;
        foreach (byte b in line[..blank])
        {
            digits = b == '.' ? 0 : digits >= 0 && char.IsAsciiDigit((char)b) ? digits + 1 : -1;
            if (digits <= 7)
            {
                stamp[length++] = (char)b;
            }
        }

        if (!DateTimeOffset.TryParseExact(stamp[..length], "yyyy-MM-ddTHH:mm:ss.FFFFFFFK", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTimeOffset parsed))
        {
            return 0;
        }

        time = parsed;
        return empty ? blank : blank + 1;
    }

    private static int RemoveInnerStamps(Span<byte> text)
    {
        int length = text.Length;
        for (int at = PartBytes; at < length; at += PartBytes)
        {
            int stamp = StampLength(text[at..length], out _);
            if (stamp == 0)
            {
                break;
            }

            text[(at + stamp)..length].CopyTo(text[at..]);
            length -= stamp;
        }

        return length;
    }

    /// <summary>Removes an incomplete UTF-8 character at the end.</summary>
    private static ReadOnlySpan<byte> WholeCharacters(ReadOnlySpan<byte> text)
    {
        int end = text.Length;
        int back = 0;
        while (end > 0 && back < 4 && (text[end - 1] & 0xC0) == 0x80)
        {
            end--;
            back++;
        }

        if (end == 0 || text[end - 1] < 0x80)
        {
            return text;
        }

        int needed = text[end - 1] >= 0xF0 ? 3 : text[end - 1] >= 0xE0 ? 2 : 1;
        return back == needed ? text : text[..(end - 1)];
    }
}
