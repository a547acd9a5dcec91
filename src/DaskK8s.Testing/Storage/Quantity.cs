using System.Buffers;
using System.Globalization;

namespace DaskK8s.Testing.Storage;

/// <summary>Reads and writes resource quantities (<c>10m</c>, <c>512M</c>, <c>2Gi</c>).</summary>
internal static class Quantity
{
    private static readonly SearchValues<char> Digits = SearchValues.Create("+-.0123456789");

    private static readonly (string Suffix, decimal Factor)[] Binary =
        [("Ei", 1L << 60), ("Pi", 1L << 50), ("Ti", 1L << 40), ("Gi", 1 << 30), ("Mi", 1 << 20), ("Ki", 1 << 10)];

    private static readonly (string Suffix, decimal Factor)[] Decimals =
        [("E", 1e18m), ("P", 1e15m), ("T", 1e12m), ("G", 1e9m), ("M", 1e6m), ("k", 1e3m), ("", 1m), ("m", 1e-3m), ("u", 1e-6m), ("n", 1e-9m)];

    public static bool TryParse(string? text, out decimal value)
    {
        value = 0;
        if (string.IsNullOrEmpty(text))
        {
            return false;
        }

        int digits = text.AsSpan().IndexOfAnyExcept(Digits);
        string number = digits < 0 ? text : text[..digits];
        string suffix = digits < 0 ? string.Empty : text[digits..];
        if (suffix.Length > 1 && suffix[0] is 'e' or 'E' && int.TryParse(suffix[1..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _))
        {
            return decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value);
        }

        foreach ((string name, decimal factor) in Binary.Concat(Decimals))
        {
            if (name == suffix && decimal.TryParse(number, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal amount))
            {
                value = amount * factor;
                return true;
            }
        }

        return false;
    }

    /// <summary>Returns the server's canonical form of a quantity (<c>1</c> for <c>1000m</c>); null if the string is not a quantity.</summary>
    public static string? TryCanonical(string? text)
    {
        if (!TryParse(text, out decimal value))
        {
            return null;
        }

        bool binary = text!.EndsWith('i');
        foreach ((string suffix, decimal factor) in binary ? Binary : Decimals)
        {
            decimal amount = value / factor;
            if (value == 0 || (amount == decimal.Truncate(amount) && Math.Abs(amount) >= 1))
            {
                return value == 0 ? "0" : $"{amount.ToString("0", CultureInfo.InvariantCulture)}{suffix}";
            }
        }

        return value.ToString("0.#########", CultureInfo.InvariantCulture);
    }

    public static decimal Parse(string? text) => TryParse(text, out decimal value) ? value : 0;
}
