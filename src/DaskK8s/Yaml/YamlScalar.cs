using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace DaskK8s.Yaml;

/// <summary>Determines how Helm and kubectl interpret a scalar, and whether a string must be quoted to remain a string.</summary>
internal static partial class YamlScalar
{
    private const string StandardTags = "tag:yaml.org,2002:";

    /// <summary>Reads a scalar.</summary>
    /// <param name="scalar">The scalar.</param>
    /// <param name="tag">Its tag; null for none.</param>
    /// <returns>The value.</returns>
    /// <exception cref="YamlSyntaxException">The value does not match the tag.</exception>
    public static ValueNode Resolve(YamlToken scalar, string? tag)
    {
        (string? value, int line, int column) = (scalar.Text, scalar.Mark.Line, scalar.Mark.Column + 1);
        if (tag?.StartsWith(StandardTags, StringComparison.Ordinal) == true)
        {
            return ResolveTagged(scalar, tag[StandardTags.Length..]);
        }

        var isImplicit = tag is null ? scalar.IsPlain : tag == "!";
        return tag is not null || !isImplicit || value == "<<"
            ? new ValueNode.Text(value) { Line = line, Column = column, IsMergeKey = isImplicit && value == "<<" }
            : ResolvePlain(value, line, column);
    }

    /// <summary>Determines whether Helm or another YAML parser would read a string as something else if it were not quoted.</summary>
    public static bool NeedsQuotes(string text) =>
        !Plain().IsMatch(text) || text.StartsWith("---", StringComparison.Ordinal) || ResolvePlain(text) is not ValueNode.Text || Ambiguous().IsMatch(text);

    /// <summary>Reads a string as if it were not quoted.</summary>
    public static ValueNode ResolvePlain(string text) => ResolvePlain(text, 0, 0);

    private static ValueNode ResolveTagged(YamlToken scalar, string tag)
    {
        (string? value, int line, int column) = (scalar.Text, scalar.Mark.Line, scalar.Mark.Column + 1);
        ValueNode resolved = ResolvePlain(value, line, column);
        return (tag, resolved) switch
        {
            ("null", ValueNode.Null) or ("bool", ValueNode.Bool) or ("float", ValueNode.Number) => resolved,
            ("int", ValueNode.Number number) when IsInteger(number) => number,
            ("timestamp", ValueNode.Text) when IsTime(value) => resolved,
            ("null" or "bool" or "int" or "float" or "timestamp", _) => throw new YamlSyntaxException($"the value is not what its tag '!!{tag}' says", scalar.Mark),
            ("binary", _) => new ValueNode.Text(Decode(scalar)) { Line = line, Column = column },
            _ => new ValueNode.Text(value) { Line = line, Column = column, IsMergeKey = tag == "merge" && value == "<<" },
        };
    }

    private static string Decode(YamlToken scalar)
    {
        var text = scalar.Text.Replace("\n", "", StringComparison.Ordinal).Replace("\r", "", StringComparison.Ordinal);
        var bytes = new byte[text.Length];
        if (text.AsSpan().ContainsAny(' ', '\t') || !Convert.TryFromBase64String(text, bytes, out var count))
        {
            throw new YamlSyntaxException("the value is tagged '!!binary' but is not valid base64", scalar.Mark);
        }

        // Go gives each byte that is not UTF-8 a replacement of its own.
        StringBuilder decoded = new();
        for (Span<byte> rest = bytes.AsSpan(0, count); rest.Length > 0;)
        {
            var isValid = Rune.DecodeFromUtf8(rest, out Rune rune, out var consumed) == System.Buffers.OperationStatus.Done;
            decoded.Append(rune.ToString());
            rest = rest[(isValid ? consumed : 1)..];
        }

        return decoded.ToString();
    }

    private static bool IsInteger(ValueNode.Number number) =>
        long.TryParse(number.Raw, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _) || ulong.TryParse(number.Raw, NumberStyles.None, CultureInfo.InvariantCulture, out _);

    private static bool IsTime(string text) =>
        Time().Match(text) is { Success: true } match
        && DateTime.TryParseExact(match.Groups[1].Value, "yyyy-M-d", CultureInfo.InvariantCulture, DateTimeStyles.None, out _);

    private static ValueNode ResolvePlain(string text, int line, int column)
    {
        ValueNode.Number Number(string raw) => new(raw) { Line = line, Column = column };
        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return new ValueNode.Null { Line = line, Column = column };
            case "y" or "Y" or "yes" or "Yes" or "YES" or "true" or "True" or "TRUE" or "on" or "On" or "ON":
                return new ValueNode.Bool(true) { Line = line, Column = column };
            case "n" or "N" or "no" or "No" or "NO" or "false" or "False" or "FALSE" or "off" or "Off" or "OFF":
                return new ValueNode.Bool(false) { Line = line, Column = column };
            case ".inf" or ".Inf" or ".INF" or "+.inf" or "+.Inf" or "+.INF":
                return Number(".inf");
            case "-.inf" or "-.Inf" or "-.INF":
                return Number("-.inf");
            case ".nan" or ".NaN" or ".NAN":
                return Number(".nan");
        }

        return text[0] is (>= '0' and <= '9') or '+' or '-' or '.' && ResolveNumber(text) is { } raw
            ? Number(raw)
            : new ValueNode.Text(text) { Line = line, Column = column };
    }

    private static string? ResolveNumber(string text)
    {
        // Underscores are for numbers that do not begin with a point.
        var plain = text[0] == '.' ? text : text.Replace("_", "", StringComparison.Ordinal);
        if (DecimalInteger().IsMatch(plain))
        {
            return IsFinite(plain) ? plain.TrimStart('+') : null;
        }

        return ResolveRadix(plain) ?? (Float().IsMatch(plain) && IsFinite(plain) ? WriteFloat(plain) : null);
    }

    private static bool IsFinite(string number) =>
        double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value);

    // As JSON writes it: no plus sign, a digit on both sides of the point.
    private static string WriteFloat(string plain)
    {
        var unsigned = plain.TrimStart('+', '-');
        var sign = plain[0] == '-' ? "-" : "";
        unsigned = unsigned[0] == '.' ? "0" + unsigned : unsigned;
        var exponent = unsigned.IndexOfAny(['e', 'E']);
        var mantissa = exponent < 0 ? unsigned : unsigned[..exponent];
        var rest = exponent < 0 ? "" : unsigned[exponent..];
        mantissa = mantissa.EndsWith('.') ? mantissa + "0" : mantissa;
        var integer = mantissa.TrimStart('0');
        mantissa = integer.Length == 0 || integer[0] == '.' ? "0" + integer : integer;
        return sign + mantissa + rest;
    }

    private static string? ResolveRadix(string plain)
    {
        var isNegative = plain is ['-', ..];
        ReadOnlySpan<char> digits = plain.AsSpan(plain is ['-' or '+', ..] ? 1 : 0);
        var radix = digits switch
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
        UInt128 max = isNegative ? (UInt128)long.MaxValue + 1 : plain[0] == '+' ? (UInt128)long.MaxValue : ulong.MaxValue;
        UInt128 value = 0;
        foreach (var c in digits)
        {
            var digit = char.IsAsciiHexDigit(c) ? Convert.ToInt32(c.ToString(), 16) : 99;
            if (digit >= radix || (value = (value * (uint)radix) + (uint)digit) > max)
            {
                return null;
            }
        }

        return (isNegative && value != 0 ? "-" : "") + value.ToString(CultureInfo.InvariantCulture);
    }

    [GeneratedRegex("^[-+]?(0|[1-9][0-9]*)\\z", RegexOptions.CultureInvariant)]
    private static partial Regex DecimalInteger();

    // A date, or a date and a time, as Go's parser of times takes them.
    [GeneratedRegex(@"^([0-9]{4}-[0-9]{1,2}-[0-9]{1,2})([Tt ]([01]?[0-9]|2[0-3]):[0-5]?[0-9]:[0-5]?[0-9](\.[0-9]+)?((?<![ ].*)(Z|[-+][0-9]{2}:[0-9]{2}))?)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Time();

    [GeneratedRegex(@"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Float();

    // Far fewer than YAML allows without quotes: what no parser stumbles over, in a list, a map or a key.
    [GeneratedRegex(@"^(?:[\p{L}\p{N}_./]|-[^\s])(?:[\p{L}\p{N}_./+@=,%-]|[: ](?=[\p{L}\p{N}_./+-]))*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Plain();

    // Times of day in base 60, dates and other numbers that some parsers know and others do not.
    [GeneratedRegex(@"^[-+]?[0-9._][0-9a-fA-FxXoObBeE._:+-]*$|^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+|^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}", RegexOptions.CultureInvariant)]
    private static partial Regex Ambiguous();
}
