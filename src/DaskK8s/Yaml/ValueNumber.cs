using System.Globalization;

namespace DaskK8s.Yaml;

/// <summary>Parses numbers in values: 64-bit integers exactly, and integers that Helm wrote as <c>1e+06</c>.</summary>
internal static class ValueNumber
{
    public static bool IsZero(ValueNode.Number number) => TryGetDouble(number, out double value) && value == 0;

    /// <summary>Parses a number as an integer in any notation; fails for fractions.</summary>
    public static bool TryGetInt64(ValueNode.Number number, out long value)
    {
        if (long.TryParse(number.Raw, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value))
        {
            return true;
        }

        if (TryGetDecimal(number, out decimal exact) && exact == decimal.Truncate(exact) && exact is >= long.MinValue and <= long.MaxValue)
        {
            value = (long)exact;
            return true;
        }

        return false;
    }

    public static bool TryGetDecimal(ValueNode.Number number, out decimal value) =>
        decimal.TryParse(number.Raw, NumberStyles.Float, CultureInfo.InvariantCulture, out value);

    public static bool TryGetDouble(ValueNode.Number number, out double value)
    {
        switch (number.Raw)
        {
            case ".inf":
                value = double.PositiveInfinity;
                return true;
            case "-.inf":
                value = double.NegativeInfinity;
                return true;
            case ".nan":
                value = double.NaN;
                return true;
            default:
                return double.TryParse(number.Raw, NumberStyles.Float, CultureInfo.InvariantCulture, out value);
        }
    }
}
