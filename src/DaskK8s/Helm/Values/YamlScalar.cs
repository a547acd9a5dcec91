using System.Globalization;
using System.Text.RegularExpressions;

using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace DaskK8s.Helm.Values;

/// <summary>Decides what a YAML scalar means to Helm, and whether a text must be quoted to stay a text.</summary>
internal static partial class YamlScalar
{
    /// <summary>Reads a scalar.</summary>
    public static ValueNode Resolve(Scalar scalar)
    {
        if (!scalar.Tag.IsEmpty && !scalar.Tag.IsNonSpecific)
        {
            return scalar.Tag.Value switch
            {
                "tag:yaml.org,2002:str" => Text(scalar.Value),
                "tag:yaml.org,2002:float" when ResolvePlain(scalar.Value) is ValueNode.Number number => number,
                _ when scalar.Style == ScalarStyle.Plain => ResolvePlain(scalar.Value),
                _ => Text(scalar.Value),
            };
        }

        return scalar.Style == ScalarStyle.Plain && !scalar.Tag.IsNonSpecific ? ResolvePlain(scalar.Value) : Text(scalar.Value);
    }

    /// <summary>Tells whether a text, written without quotes, would be read as something else by Helm or another YAML parser.</summary>
    public static bool NeedsQuotes(string text) =>
        !Plain().IsMatch(text) || text.StartsWith("---", StringComparison.Ordinal) || ResolvePlain(text) is not ValueNode.Text || Ambiguous().IsMatch(text);

    private static ValueNode.Text Text(string value) => value.Length == 0 ? ValueNode.Text.Empty : new ValueNode.Text(value);

    private static ValueNode ResolvePlain(string text)
    {
        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return ValueNode.Null.Instance;
            case "y" or "Y" or "yes" or "Yes" or "YES" or "true" or "True" or "TRUE" or "on" or "On" or "ON":
                return ValueNode.Bool.True;
            case "n" or "N" or "no" or "No" or "NO" or "false" or "False" or "FALSE" or "off" or "Off" or "OFF":
                return ValueNode.Bool.False;
            case ".inf" or ".Inf" or ".INF" or "+.inf" or "+.Inf" or "+.INF":
                return new ValueNode.Number(".inf");
            case "-.inf" or "-.Inf" or "-.INF":
                return new ValueNode.Number("-.inf");
            case ".nan" or ".NaN" or ".NAN":
                return new ValueNode.Number(".nan");
        }

        return text[0] is (>= '0' and <= '9') or '+' or '-' or '.' && ResolveNumber(text) is { } number ? number : new ValueNode.Text(text);
    }

    private static ValueNode.Number? ResolveNumber(string text)
    {
        if (text.Length > 400)
        {
            return null;
        }

        string plain = text.Replace("_", "", StringComparison.Ordinal);
        if (DecimalInteger().IsMatch(plain))
        {
            return new ValueNode.Number(plain.TrimStart('+'));
        }

        if (ResolveRadix(plain) is { } whole)
        {
            return whole;
        }

        if (Float().IsMatch(plain))
        {
            // As JSON writes it: no plus sign, a digit on both sides of the point.
            string unsigned = plain.TrimStart('+', '-');
            string sign = plain[0] == '-' ? "-" : "";
            unsigned = unsigned[0] == '.' ? "0" + unsigned : unsigned;
            int exponent = unsigned.IndexOfAny(['e', 'E']);
            string mantissa = exponent < 0 ? unsigned : unsigned[..exponent];
            string rest = exponent < 0 ? "" : unsigned[exponent..];
            mantissa = mantissa.EndsWith('.') ? mantissa + "0" : mantissa;
            string integer = mantissa.TrimStart('0');
            mantissa = integer.Length == 0 || integer[0] == '.' ? "0" + integer : integer;
            return new ValueNode.Number(sign + mantissa + rest);
        }

        return null;
    }

    private static ValueNode.Number? ResolveRadix(string plain)
    {
        bool isNegative = plain[0] == '-';
        ReadOnlySpan<char> digits = plain.AsSpan(plain[0] is '-' or '+' ? 1 : 0);
        int radix = digits switch
        {
            ['0', 'x' or 'X', _, ..] => 16,
            ['0', 'b' or 'B', _, ..] => 2,
            ['0', 'o' or 'O', _, ..] or ['0', >= '0' and <= '9', ..] => 8,
            _ => 0,
        };
        if (radix == 0)
        {
            return null;
        }

        digits = digits[1] is >= '0' and <= '9' ? digits[1..] : digits[2..];
        UInt128 value = 0;
        foreach (char c in digits)
        {
            int digit = char.IsAsciiHexDigit(c) ? Convert.ToInt32(c.ToString(), 16) : 99;
            if (digit >= radix || (value = (value * (uint)radix) + (uint)digit) > ulong.MaxValue)
            {
                return null;
            }
        }

        return new ValueNode.Number((isNegative && value != 0 ? "-" : "") + value.ToString(CultureInfo.InvariantCulture));
    }

    [GeneratedRegex("^[-+]?(0|[1-9][0-9]*)$", RegexOptions.CultureInvariant)]
    private static partial Regex DecimalInteger();

    [GeneratedRegex(@"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$", RegexOptions.CultureInvariant)]
    private static partial Regex Float();

    // Far fewer than YAML allows without quotes: what no parser stumbles over, in a list, a map or a key.
    [GeneratedRegex(@"^(?:[\p{L}\p{N}_./]|-[^\s])(?:[\p{L}\p{N}_./+@=,%-]|[: ](?=[\p{L}\p{N}_./+-]))*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Plain();

    // Times of day in base 60, dates and other numbers that some parsers know and others do not.
    [GeneratedRegex(@"^[-+]?[0-9._][0-9a-fA-FxXoObBeE._:+-]*$|^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+|^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}", RegexOptions.CultureInvariant)]
    private static partial Regex Ambiguous();
}
