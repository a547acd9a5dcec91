using System.Globalization;

namespace DaskK8s.Helm.Chart;

/// <summary>Formats and parses byte sizes as Dask does (<c>dask.utils.format_bytes</c>, <c>parse_bytes</c>).</summary>
internal static class DaskBytes
{
    private static readonly (string Prefix, long Size)[] Units =
        [("Pi", 1L << 50), ("Ti", 1L << 40), ("Gi", 1L << 30), ("Mi", 1L << 20), ("ki", 1L << 10)];

    /// <summary>Formats a byte size, such as <c>3.50 GiB</c>. A unit is used from nine tenths of its size.</summary>
    public static string Format(long bytes)
    {
        foreach ((string? prefix, long size) in Units)
        {
            if (bytes >= size * 0.9)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{(double)bytes / size:F2} {prefix}B");
            }
        }

        return string.Create(CultureInfo.InvariantCulture, $"{bytes} B");
    }

    /// <summary>Parses <c>4GiB</c>, <c>1 TB</c>, <c>6e9</c> or <c>512M</c>; a unit without digits means 1.</summary>
    /// <returns>False if Dask would not parse it.</returns>
    public static bool TryParse(string? text, out long bytes)
    {
        bytes = 0;
        if (string.IsNullOrWhiteSpace(text))
        {
            return false;
        }

        string compact = text.Replace(" ", "", StringComparison.Ordinal);
        if (!compact.Any(char.IsAsciiDigit))
        {
            compact = "1" + compact;
        }

        int end = compact.Length;
        while (end > 0 && char.IsLetter(compact[end - 1]))
        {
            end--;
        }

        if (Multiplier(compact[end..].ToLowerInvariant()) is not { } multiplier
            || !double.TryParse(compact.AsSpan(0, end), NumberStyles.Float, CultureInfo.InvariantCulture, out double number))
        {
            return false;
        }

        double result = Math.Truncate(number * multiplier);
        if (double.IsNaN(result) || Math.Abs(result) >= long.MaxValue)
        {
            return false;
        }

        bytes = (long)result;
        return true;
    }

    private static double? Multiplier(string unit) => unit switch
    {
        "" or "b" => 1,
        "k" or "kb" => 1e3,
        "m" or "mb" => 1e6,
        "g" or "gb" => 1e9,
        "t" or "tb" => 1e12,
        "p" or "pb" => 1e15,
        "ki" or "kib" => 1L << 10,
        "mi" or "mib" => 1L << 20,
        "gi" or "gib" => 1L << 30,
        "ti" or "tib" => 1L << 40,
        "pi" or "pib" => 1L << 50,
        _ => null,
    };
}
