using System.Text;

namespace DaskK8s.Yaml;

/// <summary>A position in YAML that moves forward by characters and lines.</summary>
internal sealed class YamlCursor
{
    private readonly string _text;
    private int _line = 1;
    private int _column;

    /// <summary>Starts at the beginning, after a byte order mark.</summary>
    /// <param name="text">The YAML.</param>
    /// <exception cref="YamlSyntaxException">The YAML contains a control character that is not allowed.</exception>
    public YamlCursor(string text)
    {
        _text = text;
        RefuseControlCharacters();
        if (text.StartsWith('\ufeff'))
        {
            Index = 1;
        }
    }

    /// <summary>Gets the number of UTF-16 units before the position.</summary>
    public int Index { get; private set; }

    /// <summary>Gets the column, counted from 0.</summary>
    public int Column => _column;

    /// <summary>Gets the position.</summary>
    public YamlMark Mark => new(Index, _line, _column);

    /// <summary>Gets the current character; NUL at the end, which YAML cannot contain.</summary>
    public char Current => At(0);

    public bool IsAtEnd => Index >= _text.Length;

    public bool IsBlank => Current is ' ' or '\t';

    public bool IsBreak => IsBreakAt(0);

    public bool IsBreakOrEnd => IsAtEnd || IsBreak;

    /// <summary>Gets a character at an offset; NUL past the end.</summary>
    public char At(int offset) => Index + offset < _text.Length ? _text[Index + offset] : '\0';

    public bool IsBreakAt(int offset) => At(offset) is '\n' or '\r' or '\u0085' or '\u2028' or '\u2029';

    /// <summary>Determines whether there is a space, a tab, a line break or the end.</summary>
    public bool IsBlankOrEndAt(int offset) => At(offset) is ' ' or '\t' or '\0' || IsBreakAt(offset);

    /// <summary>Determines whether a line that starts here is a document marker (three dashes or dots).</summary>
    public bool IsAtDocumentMarker() =>
        _column == 0 && Current is '-' or '.' && At(1) == Current && At(2) == Current && IsBlankOrEndAt(3) && _column == 0;

    /// <summary>Skips characters that are not line breaks.</summary>
    public void Skip(int count = 1)
    {
        for (; count > 0; count--)
        {
            Index += char.IsHighSurrogate(Current) && char.IsLowSurrogate(At(1)) ? 2 : 1;
            _column++;
        }
    }

    /// <summary>Skips a line break.</summary>
    public void SkipLine()
    {
        Index += Current == '\r' && At(1) == '\n' ? 2 : 1;
        _column = 0;
        _line++;
    }

    /// <summary>Appends a character and advances.</summary>
    public void Take(StringBuilder into)
    {
        var start = Index;
        Skip();
        into.Append(_text, start, Index - start);
    }

    /// <summary>Appends a line break and advances: a line feed, except for the two Unicode separators.</summary>
    public void TakeLine(StringBuilder into)
    {
        if (IsBreak)
        {
            into.Append(Current is '\u2028' or '\u2029' ? Current : '\n');
            SkipLine();
        }
    }

    private void RefuseControlCharacters()
    {
        var line = 1;
        var lineStart = 0;
        for (var i = 0; i < _text.Length; i++)
        {
            var c = _text[i];
            if (c == '\n' || (c == '\r' && !(i + 1 < _text.Length && _text[i + 1] == '\n')) || c is '\u0085' or '\u2028' or '\u2029')
            {
                line++;
                lineStart = i + 1;
            }
            else if (char.IsHighSurrogate(c) && i + 1 < _text.Length && char.IsLowSurrogate(_text[i + 1]))
            {
                i++;
            }
            else if (c is (< ' ' and not ('\t' or '\n' or '\r')) or (>= '\x7f' and < '\xa0') or (>= '\ud800' and <= '\udfff') or >= '\ufffe')
            {
                throw new YamlSyntaxException("YAML does not allow this control character", new YamlMark(i, line, i - lineStart));
            }
        }
    }
}
