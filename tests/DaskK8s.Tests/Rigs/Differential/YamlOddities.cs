using System.Buffers;
using System.Text;

namespace DaskK8s.Tests.Rigs.Differential;

/// <summary>Makes small YAML documents out of what YAML parsers disagree on. The same seed makes the same documents.</summary>
/// <remarks>Every document is a map in block style, so that it can stand behind the head of a manifest.</remarks>
internal sealed class YamlOddities(Random random)
{
    private static readonly SearchValues<char> FlowMarks = SearchValues.Create("?:,[]{}#");

    private static readonly string[] Plain =
    [
        "1", "0", "-1", "+5", "007", "0777", "0o17", "0O17", "0x1F", "0X1f", "-0x1", "0b101", "0B1", "-0b11", "089", "0o8", "1_000", "_1", "1__0", "0x_f", "1e3", "1e", "1.", ".5", "-.5", "+.5", "+.5e1",
        "1.50", "23.10", "1e400", "1e-400", "29111998", "12345678901234567890", "18446744073709551616", "9223372036854775808", "-9223372036854775809", "0.1", "1.2.3", "1:30", "1:30:45", "190:20:30.15",
        ".", "..", "...", "-", "--", "---", "+", "+.inf", ".inf", "-.inf", ".INF", ".nan", ".NaN", "inf", "nan", "NaN", "0.", "00", "0_0", "1e+3", "1E3", "1e3.5", "0x", "0b", "0o", "1,000", "1 000",
        "y", "Y", "n", "N", "yes", "Yes", "YES", "yEs", "no", "on", "On", "off", "OFF", "true", "True", "tRue", "false", "null", "Null", "nULL", "~", "~a", "<<", "=", "?", "?a", "-a", "- a", ":a", "a:", "a:b", "a::b",
        "2024-01-01", "2024-1-1", "2024-01-01T10:00:00Z", "2001-12-14 21:59:43.10 -5", "a#b", "a #b", "#a", "%a", "@a", "`a", "&", "*", "!", "|", ">", "'", "\"", "a'b", "a\"b", "a]", "a}", "a,b", "[", "{", "a[b", "a{b",
        "é", "漢字", "😀", "a\tb", "a b", "\u00a0", "a\u0085b", "a\u2028b", "\u200b", "\u007f", "a\u0001b", "\ufeff", "nvidia.com/gpu", "512M", "10m", "ghcr.io/dask/dask:2024.1.0", "https://a.b:80/c?d=e&f=#g", "key: value", "a: b: c", "$(x)", "{{ .Values.x }}",
        "!!str", "0.0", "-0", "-0.0", "+0", "1.0e+10", "123456789.5e12", "0.00001", "1e21", "1e-7", "0.30000000000000004", "16777217.5",
    ];

    private static readonly string[] Keys =
    [
        "a", "b", "c", "d", "worker", "replicas", "name", "a", "b", "1", "01", "1.5", "1e3", "1e6", "123456.789", "0x10", "true", "yes", "on", "y", "null", "~", "\"a\"", "'b'", "\"<<\"", "'1'", "a b", "a.b/c", "é", "-a", "?a", "2024-01-01", "!!str 8", "&k a", "!x a", ".inf",
        "=", "a#b", "[a]", "{a: b}", "*x", "\"a\\tb\"", "18446744073709551615", "-1", "",
    ];

    private static readonly string[] Tags =
    [
        "!!str", "!!int", "!!float", "!!bool", "!!null", "!!binary", "!!timestamp", "!!map", "!!seq", "!!set", "!!merge", "!foo", "!", "!<tag:yaml.org,2002:str>", "!<!x>", "!e!x", "!!", "!a%21b", "!!foo", "!<x", "!%41",
    ];

    private static readonly string[] Escapes =
    [
        "\\n", "\\t", "\\\"", "\\\\", "\\/", "\\x41", "\\xe9", "\\u00e9", "\\u2028", "\\U0001F600", "\\0", "\\a", "\\e", "\\ ", "\\N", "\\_", "\\L", "\\P", "\\b", "\\v", "\\f", "\\r", "\\q", "\\xZ1", "\\ud83d\\ude00", "\\ud800", "\\U00110000", "\\'", "\\x4", "\\\n   ", "\\\t",
    ];

    private static readonly string[] Marks = [":", "-", "?", " ", "  ", "\t", "\n", "\n\n", "\r", "\r\n", ",", "[", "]", "{", "}", "#", " #", "&", "*", "!", "|", ">", "'", "\"", "%", "@", "`", "\\", "<<", "~", "\u0085", "\u2028", "\ufeff", "\0", "\u0007", "é", "---", "...", "- ", ": ", "? "];

    private static readonly string[] Anchors = ["x", "y", "z", "a1", "x-y", "x.y", "x:y", "é", "x,", ""];

    private readonly List<string> _anchors = [];
    private readonly List<string> _maps = [];
    private bool _isTame;

    /// <summary>Creates a document.</summary>
    /// <returns>The lines of a map in block style, from the first column on.</returns>
    public string Next()
    {
        // Most documents are such that both readers take them: what both refuse says little.
        _isTame = random.Next(4) != 0;
        _anchors.Clear();
        _maps.Clear();
        StringBuilder text = new();
        Map(text, 0, 0);
        var document = text.ToString();
        if (random.Next(5) == 0)
        {
            document = Mutate(document);
        }

        return random.Next(12) switch
        {
            0 => document.Replace("\n", "\r\n", StringComparison.Ordinal),
            1 => document.Replace("\n", "\r", StringComparison.Ordinal),
            2 => document.TrimEnd('\n'),
            3 => document + Pick("...\n", "# end", "  # end\n", "\n\n", " ", "\t", "\t\n", "... # x\n", "\u0085"),
            _ => document,
        };
    }

    private void Map(StringBuilder text, int indent, int depth)
    {
        for (var i = random.Next(1, 4); i > 0; i--)
        {
            if (random.Next(12) == 0)
            {
                text.Append(' ', random.Next(6)).Append(_isTame ? Pick("# note\n", "\n", "#\n") : Pick("# note\n", "\n", "#\n", "  \n", "\t\n", "\t# note\n"));
            }

            text.Append(' ', indent);
            Entry(text, indent, depth);
        }
    }

    private void Entry(StringBuilder text, int indent, int depth)
    {
        switch (random.Next(16))
        {
            case 0:
                text.Append("? ").Append(Key()).Append('\n').Append(' ', indent).Append(':');
                break;
            case 1:
                text.Append("<<").Append(Pick("", " ")).Append(':');
                text.Append(' ').Append(_isTame
                    ? _maps.Count > 0 && random.Next(2) == 0 ? Pick($"*{Pick([.. _maps])}", $"[*{Pick([.. _maps])}, {{d: 5, a: 6}}]") : Pick("{a: 1, b: 2}", "[{a: 1}, {a: 2, c: 3}]", "{<<: {a: 3}, a: 4}", "[]", "{}")
                    : Pick("*x", "*y", "{a: 1, b: 2}", "[*x, *y]", "[{a: 1}, {a: 2, c: 3}]", "{<<: {a: 3}, a: 4}", "[]", "1", "~", "[1]", "*z")).Append('\n');
                return;
            case 2:
                text.Append(Key()).Append(_isTame ? Pick(" :", ":  ") : Pick(" :", "\t:", ":\t", ": \t", ":  "));
                break;
            default:
                text.Append(Key()).Append(':');
                break;
        }

        Value(text, indent, depth, inMap: true);
    }

    private void Value(StringBuilder text, int indent, int depth, bool inMap)
    {
        var kind = random.Next(depth > 3 ? 7 : 11);
        string? anchor = null;
        if (random.Next(8) == 0 && !(_isTame && kind == 6))
        {
            anchor = _isTame ? Pick("x", "y", "z", "a1", "x-y") : Pick(Anchors);
            text.Append(" &").Append(anchor);
            _anchors.Remove(anchor);
            _maps.Remove(anchor);
        }

        if (random.Next(10) == 0 && !(_isTame && kind == 6))
        {
            text.Append(' ').Append(_isTame ? Pick("!!str", "!foo", "!", "!!foo", "!<!x>", "!a%21b") : Pick(Tags));
        }

        switch (kind)
        {
            case 0 or 1 or 2:
                text.Append(' ').Append(PickPlain()).Append(Comment()).Append('\n');
                break;
            case 3:
                text.Append(' ').Append(Quoted(indent)).Append(Comment()).Append('\n');
                break;
            case 4:
                text.Append(' ');
                Flow(text, indent, 0);
                text.Append(Comment()).Append('\n');
                break;
            case 5:
                Block(text, indent);
                break;
            case 6:
                text.Append(!_isTame ? Pick(" *x", " *y", " *x ", "", " *z", " *é") : _anchors.Count > 0 ? $" *{Pick([.. _anchors])}" : "").Append(_isTame ? "" : Comment()).Append('\n');
                break;
            case 7 or 8:
                text.Append(Comment()).Append('\n');
                Map(text, indent + random.Next(1, 4), depth + 1);
                if (anchor is not null)
                {
                    _maps.Add(anchor);
                }

                break;
            case 9:
                text.Append(Comment()).Append('\n');
                List(text, indent + (inMap ? random.Next(0, 3) : random.Next(1, 4)), depth + 1);
                break;
            default:
                text.Append(' ').Append(PickPlain()).Append('\n').Append(' ', indent + random.Next(_isTame ? 1 : 0, 4)).Append(_isTame ? Pick("", "\n  " + new string(' ', indent)) : Pick("", "\t", "\n  ")).Append(PickPlain()).Append('\n');
                break;
        }

        if (anchor is not null)
        {
            _anchors.Add(anchor);
        }
    }

    private void List(StringBuilder text, int indent, int depth)
    {
        for (var i = random.Next(1, 4); i > 0; i--)
        {
            text.Append(' ', indent).Append('-');
            if (random.Next(3) == 0)
            {
                var width = random.Next(1, 4);
                text.Append(' ', width);
                if (random.Next(3) == 0)
                {
                    text.Append("- ").Append(PickPlain()).Append('\n');
                    continue;
                }

                Entry(text, indent + 1 + width, depth + 1);
                if (random.Next(2) == 0)
                {
                    text.Append(' ', indent + 1 + width);
                    Entry(text, indent + 1 + width, depth + 1);
                }
            }
            else
            {
                Value(text, indent, depth, inMap: false);
            }
        }
    }

    private void Flow(StringBuilder text, int indent, int depth)
    {
        var isMap = random.Next(2) == 0;
        text.Append(isMap ? '{' : '[');
        for (var i = random.Next(0, 4); i > 0; i--)
        {
            text.Append(_isTame ? Pick("", " ", "\n" + new string(' ', indent + 1)) : Pick("", " ", " ", "\n" + new string(' ', indent + random.Next(0, 3)), "\t", " # c\n" + new string(' ', indent + 1)));
            if (isMap || random.Next(6) == 0)
            {
                text.Append(Pick("", "", "", "", "? ")).Append(!_isTame && random.Next(8) == 0 ? "<<" : Key()).Append(_isTame ? ": " : Pick(": ", ": ", ": ", ":", " : ", "", ":\t", ":\n  "));
            }

            if (!_isTame && random.Next(12) == 0)
            {
                text.Append(Pick("&x ", "&y ", "!!str ", "! ", "!x ", "*x ", "*y ", "*x", "!!int "));
            }

            if (depth < 3 && random.Next(4) == 0)
            {
                Flow(text, indent, depth + 1);
            }
            else
            {
                text.Append(random.Next(3) == 0 ? Quoted(indent) : PickPlain(inFlow: true));
            }

            text.Append(i == 1 ? Pick("", "", " ", ",") : _isTame ? Pick(", ", ", ", ",", " ,") : Pick(", ", ",", " ,", " "));
        }

        text.Append(isMap ? '}' : ']');
    }

    private void Block(StringBuilder text, int indent)
    {
        text.Append(' ').Append(_isTame ? Pick("|", ">", "|-", ">-", "|+", ">+") : Pick("|", ">", "|-", ">-", "|+", ">+", "|2", ">1", "|2-", "|+1", "|0", "|10", "|x", "|--")).Append(Pick("", "", "", " ", " # c", "#c", "\t", _isTame ? "" : " c")).Append('\n');
        var deeper = random.Next(1, 4);
        for (var i = random.Next(0, 5); i > 0; i--)
        {
            switch (random.Next(8))
            {
                case 0:
                    text.Append(' ', random.Next(0, 5)).Append('\n');
                    break;
                case 1:
                    text.Append(' ', indent + (_isTame ? deeper : 0) + random.Next(0, 5)).Append(Pick("\t", "\t\n", "# x", "- y", " more", "more ", "é\u0085f", "\u2028g")).Append('\n');
                    break;
                default:
                    text.Append(' ', indent + deeper).Append(_isTame ? PickPlain() : Pick(Plain)).Append('\n');
                    break;
            }
        }
    }

    private string Quoted(int indent)
    {
        StringBuilder text = new();
        if (random.Next(2) == 0)
        {
            for (var i = random.Next(0, 4); i > 0; i--)
            {
                text.Append(_isTame ? Pick(PickPlain().Replace("'", "''", StringComparison.Ordinal), "''", " ", "\n" + new string(' ', indent + 1), ": ", " #", "\t") : Pick(Pick(Plain).Replace("'", "''", StringComparison.Ordinal), "''", " ", "\\n", "\n" + new string(' ', indent + random.Next(0, 3)), " \n\n ", "\t", "\n\t"));
            }

            return "'" + text + "'";
        }

        for (var i = random.Next(0, 4); i > 0; i--)
        {
            text.Append(_isTame ? Pick(PickPlain().Replace("\"", "", StringComparison.Ordinal).Replace("\\", "", StringComparison.Ordinal), Escapes[random.Next(20)], " ", "\n" + new string(' ', indent + 1), ": ", " #") : Pick(Pick(Plain).Replace("\"", "\\\"", StringComparison.Ordinal), Pick(Escapes), Pick(Escapes), " ", "\n" + new string(' ', indent + random.Next(0, 3)), " \n\n  ", "\t", "\n\t"));
        }

        return "\"" + text + "\"";
    }

    // A tame scalar is one that parses wherever it stands, whatever it then means.
    private string PickPlain(bool inFlow = false)
    {
        while (true)
        {
            var text = Pick(Plain);
            if (!_isTame || IsTame(text, inFlow))
            {
                return text;
            }
        }
    }

    private static bool IsTame(string text, bool inFlow) =>
        !"#%@`&*!|>'\"[{]},".Contains(text[0], StringComparison.Ordinal)
        && text is not ("-" or "?" or "---" or "..." or ".inf" or "-.inf" or "+.inf" or ".INF" or ".nan" or ".NaN")
        && !text.StartsWith("- ", StringComparison.Ordinal)
        && !text.Contains(": ", StringComparison.Ordinal)
        && !text.EndsWith(':')
        && !text.Any(c => c is '\u007f' or '\u0001' or '\u0085' or '\u2028' or '\ufeff')
        && !(inFlow && text.AsSpan().ContainsAny(FlowMarks));

    private string Key() => _isTame ? Pick("a", "b", "c", "d", "a", "1", "1.5", "1e6", "true", "yes", "\"a\"", "'b'", "\"<<\"", "a b", "a.b/c", "é", "2024-01-01", "!!str 8", "!x a", "=", "0x10", "-1") : random.Next(3) == 0 ? Pick(Keys) : Pick("a", "b", "c", "d");

    private string Comment() => random.Next(15) == 0 ? Pick(" # note", "#note", "\t# note", " #", "  ", "\t") : "";

    private string Mutate(string text)
    {
        StringBuilder changed = new(text);
        for (var i = random.Next(1, 4); i > 0 && changed.Length > 0; i--)
        {
            var at = random.Next(changed.Length);
            switch (random.Next(3))
            {
                case 0:
                    changed.Insert(at, Pick(Marks));
                    break;
                case 1:
                    changed.Remove(at, Math.Min(changed.Length - at, random.Next(1, 4)));
                    break;
                default:
                    changed.Remove(at, 1).Insert(at, Pick(Marks));
                    break;
            }
        }

        // Half of a surrogate pair becomes U+FFFD.
        return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(changed.ToString()));
    }

    private string Pick(params string[] choices) => choices[random.Next(choices.Length)];
}
