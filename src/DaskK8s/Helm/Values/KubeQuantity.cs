using System.Buffers;
using System.Globalization;

namespace DaskK8s.Helm.Values;

/// <summary>Reads Kubernetes quantities: <c>500m</c>, <c>512M</c>, <c>1Gi</c>, <c>1e3</c>.</summary>
/// <remarks>From the documentation of <c>resource.Quantity</c>; the smallest unit is a nano, finer ones are rounded up there.</remarks>
internal static class KubeQuantity
{
    private static readonly SearchValues<char> Digits = SearchValues.Create("+-.0123456789");

    /// <summary>Reads a quantity exactly.</summary>
    /// <returns>False where the text is not a quantity, or too large for a decimal.</returns>
    public static bool TryParse(string? text, out decimal value)
    {
        value = 0;
        if (string.IsNullOrEmpty(text))
        {
            return false;
        }

        int end = text.AsSpan().IndexOfAnyExcept(Digits);
        ReadOnlySpan<char> number = end < 0 ? text.AsSpan() : text.AsSpan(0, end);
        ReadOnlySpan<char> suffix = end < 0 ? [] : text.AsSpan(end);
        decimal? factor = Factor(suffix);
        if (factor is null && suffix.Length > 1 && suffix[0] is 'e' or 'E')
        {
            number = text;
            factor = 1;
        }

        try
        {
            if (factor is null || !decimal.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out value))
            {
                return false;
            }

            value *= factor.Value;
            return true;
        }
        catch (OverflowException)
        {
            return false;
        }
    }

    private static decimal? Factor(ReadOnlySpan<char> suffix) => suffix switch
    {
        "" => 1m,
        "n" => 0.000_000_001m,
        "u" => 0.000_001m,
        "m" => 0.001m,
        "k" => 1_000m,
        "M" => 1_000_000m,
        "G" => 1_000_000_000m,
        "T" => 1_000_000_000_000m,
        "P" => 1_000_000_000_000_000m,
        "E" => 1_000_000_000_000_000_000m,
        "Ki" => 1L << 10,
        "Mi" => 1L << 20,
        "Gi" => 1L << 30,
        "Ti" => 1L << 40,
        "Pi" => 1L << 50,
        "Ei" => 1L << 60,
        _ => null,
    };
}
