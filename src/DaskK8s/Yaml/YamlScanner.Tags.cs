using System.Text;

namespace DaskK8s.Yaml;

/// <content>Reads directives, anchors and tags.</content>
internal sealed partial class YamlScanner
{
    private static bool IsWordCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '-';

    private void ScanDirective(YamlMark start)
    {
        _cursor.Skip();
        var name = ScanWord();
        if (name.Length == 0 || !_cursor.IsBlankOrEndAt(0))
        {
            throw new YamlSyntaxException("a line that begins with '%' is a directive, and this one has no name", start);
        }

        SkipBlanks();
        switch (name)
        {
            case "YAML":
                var version = ScanVersion(start);
                _tokens.Add(new YamlToken(YamlTokenKind.VersionDirective, start, version));
                break;
            case "TAG":
                var handle = ScanTagHandle(isDirective: true, start);
                if (!_cursor.IsBlank)
                {
                    throw new YamlSyntaxException("the directive '%TAG' needs a handle, a space and a prefix", start);
                }

                SkipBlanks();
                var prefix = ScanTagUri("", start);
                if (!_cursor.IsBlankOrEndAt(0))
                {
                    throw new YamlSyntaxException("the directive '%TAG' needs a handle, a space and a prefix", start);
                }

                _tokens.Add(new YamlToken(YamlTokenKind.TagDirective, start, prefix, handle));
                break;
            default:
                throw new YamlSyntaxException("unknown directive; only '%YAML' and '%TAG' are supported", start);
        }

        SkipBlanks();
        if (_cursor.Current == '#')
        {
            SkipComment();
        }

        if (!_cursor.IsBreakOrEnd)
        {
            throw new YamlSyntaxException("a directive needs a line of its own", start);
        }

        if (_cursor.IsBreak)
        {
            _cursor.SkipLine();
        }
    }

    private string ScanVersion(YamlMark start)
    {
        var major = ScanDigits();
        if (major.Length is 0 or > 9 || _cursor.Current != '.')
        {
            throw new YamlSyntaxException("the directive '%YAML' needs a version such as 1.1", start);
        }

        _cursor.Skip();
        var minor = ScanDigits();
        return minor.Length is 0 or > 9
            ? throw new YamlSyntaxException("the directive '%YAML' needs a version such as 1.1", start)
            : $"{major.TrimStart('0')}.{minor.TrimStart('0')}";
    }

    private string ScanDigits()
    {
        StringBuilder digits = new();
        while (char.IsAsciiDigit(_cursor.Current))
        {
            _cursor.Take(digits);
        }

        return digits.ToString();
    }

    private string ScanWord()
    {
        StringBuilder word = new();
        while (IsWordCharacter(_cursor.Current))
        {
            _cursor.Take(word);
        }

        return word.ToString();
    }

    private void SkipBlanks()
    {
        while (_cursor.IsBlank)
        {
            _cursor.Skip();
        }
    }

    private void ScanAnchor(YamlMark start)
    {
        YamlTokenKind kind = _cursor.Current == '*' ? YamlTokenKind.Alias : YamlTokenKind.Anchor;
        _cursor.Skip();
        var name = ScanWord();
        if (name.Length == 0 || !(_cursor.IsBlankOrEndAt(0) || _cursor.Current is '?' or ':' or ',' or ']' or '}' or '%' or '@' or '`'))
        {
            throw new YamlSyntaxException("the name of an anchor or an alias consists of a-z, A-Z, 0-9, '_' and '-'; a text that begins with '&' or '*' belongs in quotes", start);
        }

        _tokens.Add(new YamlToken(kind, start, name));
    }

    private void ScanTag(YamlMark start)
    {
        string handle;
        string suffix;
        if (_cursor.At(1) == '<')
        {
            handle = "";
            _cursor.Skip(2);
            suffix = ScanTagUri("", start);
            if (_cursor.Current != '>')
            {
                throw MalformedTag(start);
            }

            _cursor.Skip();
        }
        else
        {
            handle = ScanTagHandle(isDirective: false, start);
            if (handle.Length > 1 && handle[^1] == '!')
            {
                suffix = ScanTagUri("", start);
            }
            else
            {
                suffix = ScanTagUri(handle, start);
                (handle, suffix) = suffix.Length == 0 ? ("", "!") : ("!", suffix);
            }
        }

        if (!_cursor.IsBlankOrEndAt(0))
        {
            throw MalformedTag(start);
        }

        _tokens.Add(new YamlToken(YamlTokenKind.Tag, start, suffix, handle));
    }

    private string ScanTagHandle(bool isDirective, YamlMark start)
    {
        if (_cursor.Current != '!')
        {
            throw MalformedTag(start);
        }

        _cursor.Skip();
        var word = ScanWord();
        if (_cursor.Current == '!')
        {
            _cursor.Skip();
            return $"!{word}!";
        }

        return isDirective && word.Length > 0 ? throw MalformedTag(start) : $"!{word}";
    }

    private string ScanTagUri(string head, YamlMark start)
    {
        StringBuilder uri = new(head.Length > 1 ? head[1..] : "");
        var isEmpty = head.Length == 0;
        while (IsWordCharacter(_cursor.Current) || _cursor.Current is ';' or '/' or '?' or ':' or '@' or '&' or '=' or '+' or '$' or ',' or '.' or '%' or '!' or '~' or '*' or '\'' or '(' or ')' or '[' or ']')
        {
            isEmpty = false;
            if (_cursor.Current == '%')
            {
                ScanUriEscapes(uri, start);
            }
            else
            {
                _cursor.Take(uri);
            }
        }

        return isEmpty ? throw MalformedTag(start) : uri.ToString();
    }

    private void ScanUriEscapes(StringBuilder uri, YamlMark start)
    {
        List<byte> bytes = [];
        do
        {
            if (!char.IsAsciiHexDigit(_cursor.At(1)) || !char.IsAsciiHexDigit(_cursor.At(2)))
            {
                throw MalformedTag(start);
            }

            bytes.Add(Convert.FromHexString([_cursor.At(1), _cursor.At(2)])[0]);
            _cursor.Skip(3);
        }
        while (_cursor.Current == '%');
        if (!IsUtf8([.. bytes]))
        {
            throw MalformedTag(start);
        }

        uri.Append(Encoding.UTF8.GetString([.. bytes]));
    }

    // Libyaml looks at the leading bits of each octet, and at nothing else: overlong forms and halves of surrogate pairs pass.
    private static bool IsUtf8(ReadOnlySpan<byte> octets)
    {
        while (octets.Length > 0)
        {
            int width = octets[0] switch
            {
                < 0x80 => 1,
                >= 0xC0 and < 0xE0 => 2,
                >= 0xE0 and < 0xF0 => 3,
                >= 0xF0 and < 0xF8 => 4,
                _ => 0,
            };
            if (width == 0 || width > octets.Length || octets[1..width].ContainsAnyExceptInRange((byte)0x80, (byte)0xBF))
            {
                return false;
            }

            octets = octets[width..];
        }

        return true;
    }

    private static YamlSyntaxException MalformedTag(YamlMark start) =>
        new("a tag such as '!!str' is malformed; a text that begins with '!' belongs in quotes", start);
}
