using System.Globalization;
using System.Text;

namespace DaskK8s.Yaml;

/// <content>Reads scalars.</content>
internal sealed partial class YamlScanner
{
    private void ScanBlockScalar(YamlMark start)
    {
        var isLiteral = _cursor.Current == '|';
        _cursor.Skip();
        (bool? keep, int increment) = ScanBlockHeader();
        StringBuilder text = new();
        StringBuilder leading = new();
        StringBuilder trailing = new();
        var indent = increment == 0 ? 0 : Math.Max(_indent, 0) + increment;
        indent = ScanBlockBreaks(indent, trailing);
        var wasBlank = false;
        while (_cursor.Column == indent && !_cursor.IsAtEnd)
        {
            var isBlank = _cursor.IsBlank;
            if (!isLiteral && !wasBlank && !isBlank && leading.Length > 0 && leading[0] == '\n')
            {
                if (trailing.Length == 0)
                {
                    text.Append(' ');
                }
            }
            else
            {
                text.Append(leading);
            }

            leading.Clear();
            text.Append(trailing);
            trailing.Clear();
            wasBlank = isBlank;
            while (!_cursor.IsBreakOrEnd)
            {
                _cursor.Take(text);
            }

            _cursor.TakeLine(leading);
            indent = ScanBlockBreaks(indent, trailing);
        }

        text.Append(keep == false ? null : leading).Append(keep == true ? trailing : null);
        _tokens.Add(new YamlToken(YamlTokenKind.Scalar, start, text.ToString()));
    }

    // What comes after '|' or '>': whether the last line's end is kept (true: all of them), and how far the text is indented.
    private (bool? Keep, int Increment) ScanBlockHeader()
    {
        bool? keep = null;
        var increment = 0;
        for (var i = 0; i < 2; i++)
        {
            if (keep is null && _cursor.Current is '+' or '-')
            {
                keep = _cursor.Current == '+';
                _cursor.Skip();
            }
            else if (increment == 0 && char.IsAsciiDigit(_cursor.Current))
            {
                increment = _cursor.Current - '0';
                if (increment == 0)
                {
                    throw new YamlSyntaxException("an indentation of 0 is not allowed", _cursor.Mark);
                }

                _cursor.Skip();
            }
        }

        while (_cursor.IsBlank)
        {
            _cursor.Skip();
        }

        if (_cursor.Current == '#')
        {
            SkipComment();
        }

        if (!_cursor.IsBreakOrEnd)
        {
            throw new YamlSyntaxException("a text begins on the line after '|' or '>'", _cursor.Mark);
        }

        if (_cursor.IsBreak)
        {
            _cursor.SkipLine();
        }

        return (keep, increment);
    }

    private int ScanBlockBreaks(int indent, StringBuilder breaks)
    {
        var widest = 0;
        while (true)
        {
            while ((indent == 0 || _cursor.Column < indent) && _cursor.Current == ' ')
            {
                _cursor.Skip();
            }

            widest = Math.Max(widest, _cursor.Column);
            if ((indent == 0 || _cursor.Column < indent) && _cursor.Current == '\t')
            {
                throw new YamlSyntaxException("a tab is not allowed here: indent lines with spaces", _cursor.Mark);
            }

            if (!_cursor.IsBreak)
            {
                return indent > 0 ? indent : Math.Max(Math.Max(widest, _indent + 1), 1);
            }

            _cursor.TakeLine(breaks);
        }
    }

    private void ScanQuoted(YamlMark start)
    {
        var quote = _cursor.Current;
        _cursor.Skip();
        StringBuilder text = new();
        LineFolder folder = new(_cursor);
        while (true)
        {
            if (_cursor.IsAtDocumentMarker())
            {
                throw new YamlSyntaxException("a quoted text is not closed before a document begins or ends", start);
            }

            if (_cursor.IsAtEnd)
            {
                throw new YamlSyntaxException("the quoted text that begins here is not closed", start);
            }

            var isJoined = false;
            while (!_cursor.IsBlankOrEndAt(0) && !isJoined)
            {
                if (_cursor.Current == quote && quote == '\'' && _cursor.At(1) == '\'')
                {
                    text.Append('\'');
                    _cursor.Skip(2);
                }
                else if (_cursor.Current == quote)
                {
                    _cursor.Skip();
                    _tokens.Add(new YamlToken(YamlTokenKind.Scalar, start, text.ToString()));
                    return;
                }
                else if (_cursor.Current == '\\' && quote == '"')
                {
                    isJoined = ScanEscape(text);
                }
                else
                {
                    _cursor.Take(text);
                }
            }

            folder.Read(isJoined);
            folder.Write(text);
        }
    }

    // Tells whether the escape is a line's end, which joins the lines.
    private bool ScanEscape(StringBuilder text)
    {
        YamlMark mark = _cursor.Mark;
        _cursor.Skip();
        if (_cursor.IsBreak)
        {
            _cursor.SkipLine();
            return true;
        }

        var digits = 0;
        switch (_cursor.Current)
        {
            case 'x':
                digits = 2;
                break;
            case 'u':
                digits = 4;
                break;
            case 'U':
                digits = 8;
                break;
            default:
                char meant = _cursor.Current switch
                {
                    '0' => '\0',
                    'a' => '\a',
                    'b' => '\b',
                    't' or '\t' => '\t',
                    'n' => '\n',
                    'v' => '\v',
                    'f' => '\f',
                    'r' => '\r',
                    'e' => '\e',
                    ' ' or '"' or '\'' or '\\' => _cursor.Current,
                    'N' => '\u0085',
                    '_' => '\u00a0',
                    'L' => '\u2028',
                    'P' => '\u2029',
                    _ => throw new YamlSyntaxException("unknown escape sequence in a double-quoted string; write '\\\\' for a backslash", mark),
                };
                text.Append(meant);
                break;
        }

        _cursor.Skip();
        if (digits == 0)
        {
            return false;
        }

        long value = 0;
        for (; digits > 0; digits--)
        {
            if (!char.IsAsciiHexDigit(_cursor.Current))
            {
                throw new YamlSyntaxException("an escape has too few hexadecimal digits", mark);
            }

            value = (value << 4) + int.Parse([_cursor.Current], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            _cursor.Skip();
        }

        text.Append(value <= 0x10ffff && Rune.TryCreate((int)value, out Rune rune)
            ? rune.ToString()
            : throw new YamlSyntaxException("an escape does not name a Unicode character", mark));
        return false;
    }

    private void ScanPlain(YamlMark start)
    {
        StringBuilder text = new();
        LineFolder folder = new(_cursor);
        while (!_cursor.IsAtDocumentMarker() && _cursor.Current != '#')
        {
            while (!_cursor.IsBlankOrEndAt(0) && !EndsPlain())
            {
                folder.Write(text);
                _cursor.Take(text);
            }

            if (!_cursor.IsBlank && !_cursor.IsBreak)
            {
                break;
            }

            folder.Read(isJoined: false, minTabColumn: _indent + 1);
            if (FlowLevel == 0 && _cursor.Column < _indent + 1)
            {
                break;
            }
        }

        _mayBeKey |= folder.HasBreak;
        _tokens.Add(new YamlToken(YamlTokenKind.Scalar, start, text.ToString(), IsPlain: true));
    }

    private bool EndsPlain() =>
        (_cursor.Current == ':' && _cursor.IsBlankOrEndAt(1))
        || (FlowLevel > 0 && _cursor.Current is ',' or '?' or '[' or ']' or '{' or '}');

    /// <summary>Collects the whitespace and line breaks within a scalar and folds them: a single line break becomes a space.</summary>
    private sealed class LineFolder(YamlCursor cursor)
    {
        private readonly StringBuilder _blanks = new();
        private readonly StringBuilder _first = new();
        private readonly StringBuilder _others = new();

        public bool HasBreak { get; private set; }

        public void Read(bool isJoined, int minTabColumn = 0)
        {
            HasBreak = isJoined;
            while (cursor.IsBlank || cursor.IsBreak)
            {
                if (cursor.IsBreak)
                {
                    _blanks.Clear();
                    cursor.TakeLine(HasBreak ? _others : _first);
                    HasBreak = true;
                }
                else if (!HasBreak)
                {
                    cursor.Take(_blanks);
                }
                else if (cursor.Current == '\t' && cursor.Column < minTabColumn)
                {
                    throw new YamlSyntaxException("a tab is not allowed here: indent lines with spaces", cursor.Mark);
                }
                else
                {
                    cursor.Skip();
                }
            }
        }

        public void Write(StringBuilder text)
        {
            if (!HasBreak)
            {
                text.Append(_blanks);
            }
            else if (_first.Length > 0 && _first[0] == '\n')
            {
                text.Append(_others.Length == 0 ? " " : null).Append(_others);
            }
            else
            {
                text.Append(_first).Append(_others);
            }

            _blanks.Clear();
            _first.Clear();
            _others.Clear();
            HasBreak = false;
        }
    }
}
