using System.Globalization;

namespace DaskK8s.Yaml;

/// <summary>Formats numbers as Go does (<c>%v</c>, <c>strconv</c>'s shortest form), for values rendered by Helm and keys read by kubectl.</summary>
internal static class GoNumber
{
    /// <summary>Formats a 64-bit number.</summary>
    public static string Format(double value) => double.IsFinite(value) ? Format(value.ToString("R", CultureInfo.InvariantCulture)) : Special(value);

    /// <summary>Formats a 32-bit number.</summary>
    public static string Format(float value) => float.IsFinite(value) ? Format(value.ToString("R", CultureInfo.InvariantCulture)) : Special(value);

    private static string Special(double value) => double.IsNaN(value) ? ".nan" : value > 0 ? ".inf" : "-.inf";

    // .NET's shortest form has the same digits; Go changes to an exponent elsewhere.
    private static string Format(string shortest)
    {
        string sign = shortest[0] == '-' ? "-" : "";
        string[] parts = shortest.TrimStart('-').Split('E');
        string[] number = parts[0].Split('.');
        string all = string.Concat(number);
        string digits = all.Trim('0');
        if (digits.Length == 0)
        {
            return sign + "0";
        }

        int exponent = number[0].Length - 1 - (all.Length - all.TrimStart('0').Length)
            + (parts.Length > 1 ? int.Parse(parts[1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) : 0);
        if (exponent is < -4 or >= 6)
        {
            string fraction = digits.Length > 1 ? "." + digits[1..] : "";
            return string.Create(CultureInfo.InvariantCulture, $"{sign}{digits[0]}{fraction}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}");
        }

        if (exponent < 0)
        {
            return $"{sign}0.{new string('0', -exponent - 1)}{digits}";
        }

        return digits.Length <= exponent + 1
            ? sign + digits.PadRight(exponent + 1, '0')
            : $"{sign}{digits[..(exponent + 1)]}.{digits[(exponent + 1)..]}";
    }
}
