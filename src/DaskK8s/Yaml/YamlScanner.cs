namespace DaskK8s.Yaml;

/// <summary>Splits YAML into tokens, as the parser of Helm and kubectl does (YAML 1.1 as in libyaml).</summary>
/// <remarks>
/// No YAML library for .NET reads the same values from the same YAML: they follow other versions of the standard. The test
/// <c>DifferentialTests</c> compares the results with kubectl's. A key is recognized only at its colon, so tokens wait in a queue until
/// no key can begin before them.
/// </remarks>
internal sealed partial class YamlScanner(string text)
{
    private const int MaxKeyLength = 1024;

    private readonly YamlCursor _cursor = new(text);
    private readonly List<YamlToken> _tokens = [];
    private readonly Stack<int> _indents = [];
    private readonly List<PossibleKey> _keys = [default];
    private readonly Dictionary<int, int> _keyLevels = [];
    private int _head;
    private int _taken;
    private int _indent = -1;
    private bool _mayBeKey = true;
    private bool _ended;

    private int FlowLevel => _keys.Count - 1;

    private int NextNumber => _taken + _tokens.Count - _head;

    /// <summary>Returns the next token without consuming it.</summary>
    /// <exception cref="YamlSyntaxException">The YAML is malformed.</exception>
    public YamlToken Peek()
    {
        while (!_ended && (_head == _tokens.Count || IsKeyOpenAt(_taken)))
        {
            Fetch();
        }

        return _tokens[_head];
    }

    /// <summary>Returns the next token and consumes it.</summary>
    public YamlToken Take()
    {
        YamlToken token = Peek();
        if (token.Kind != YamlTokenKind.StreamEnd)
        {
            _taken++;
            if (++_head == _tokens.Count)
            {
                _tokens.Clear();
                _head = 0;
            }
        }

        return token;
    }

    private void Fetch()
    {
        SkipToNextToken();
        Unroll(_cursor.Column);
        YamlMark mark = _cursor.Mark;
        if (_cursor.IsAtEnd)
        {
            Unroll(-1);
            ForgetKey();
            _ended = true;
            Add(YamlTokenKind.StreamEnd, mark);
            return;
        }

        if (_cursor is { Column: 0, Current: '%' })
        {
            StartDocumentPart();
            ScanDirective(mark);
            return;
        }

        if (_cursor.IsAtDocumentMarker())
        {
            StartDocumentPart();
            YamlTokenKind kind = _cursor.Current == '-' ? YamlTokenKind.DocumentStart : YamlTokenKind.DocumentEnd;
            _cursor.Skip(3);
            Add(kind, mark);
            return;
        }

        switch (_cursor.Current)
        {
            case '[':
                StartFlow(YamlTokenKind.FlowSequenceStart, mark);
                break;
            case '{':
                StartFlow(YamlTokenKind.FlowMappingStart, mark);
                break;
            case ']':
                EndFlow(YamlTokenKind.FlowSequenceEnd, mark);
                break;
            case '}':
                EndFlow(YamlTokenKind.FlowMappingEnd, mark);
                break;
            case ',':
                ForgetKey();
                _mayBeKey = true;
                AddIndicator(YamlTokenKind.FlowEntry, mark);
                break;
            case '-' when _cursor.IsBlankOrEndAt(1):
                StartBlockEntry(YamlTokenKind.BlockEntry, YamlTokenKind.BlockSequenceStart, "a list item is not allowed here", mark);
                _mayBeKey = true;
                break;
            case '?' when FlowLevel > 0 || _cursor.IsBlankOrEndAt(1):
                StartBlockEntry(YamlTokenKind.Key, YamlTokenKind.BlockMappingStart, "a key is not allowed here", mark);
                _mayBeKey = FlowLevel == 0;
                break;
            case ':' when FlowLevel > 0 || _cursor.IsBlankOrEndAt(1):
                FetchValue(mark);
                break;
            case '*' or '&':
                SaveKey();
                _mayBeKey = false;
                ScanAnchor(mark);
                break;
            case '!':
                SaveKey();
                _mayBeKey = false;
                ScanTag(mark);
                break;
            case '|' or '>' when FlowLevel == 0:
                ForgetKey();
                _mayBeKey = true;
                ScanBlockScalar(mark);
                break;
            case '\'' or '"':
                SaveKey();
                _mayBeKey = false;
                ScanQuoted(mark);
                break;
            case var c when StartsPlain(c):
                SaveKey();
                _mayBeKey = false;
                ScanPlain(mark);
                break;
            case '\t':
                throw new YamlSyntaxException("a tab is not allowed here: indent lines with spaces", mark);
            default:
                throw new YamlSyntaxException("no value can begin with this character: put the value in quotes", mark);
        }
    }

    private bool StartsPlain(char c) => c switch
    {
        '-' => _cursor.At(1) is not (' ' or '\t'),
        '?' or ':' => FlowLevel == 0 && !_cursor.IsBlankOrEndAt(1),
        ',' or '[' or ']' or '{' or '}' or '#' or '&' or '*' or '!' or '|' or '>' or '\'' or '"' or '%' or '@' or '`' => false,
        _ => !_cursor.IsBlankOrEndAt(0),
    };

    private void SkipToNextToken()
    {
        while (true)
        {
            // A tab may stand where no key can begin.
            while (_cursor.Current == ' ' || (_cursor.Current == '\t' && (FlowLevel > 0 || !_mayBeKey)))
            {
                _cursor.Skip();
            }

            if (_cursor.Current == '#')
            {
                SkipComment();
            }

            if (!_cursor.IsBreak)
            {
                return;
            }

            _cursor.SkipLine();
            _mayBeKey |= FlowLevel == 0;
        }
    }

    private void SkipComment()
    {
        while (!_cursor.IsBreakOrEnd)
        {
            _cursor.Skip();
        }
    }

    private void StartDocumentPart()
    {
        Unroll(-1);
        ForgetKey();
        _mayBeKey = false;
    }

    private void StartFlow(YamlTokenKind kind, YamlMark mark)
    {
        SaveKey();
        _keys.Add(new PossibleKey(false, false, NextNumber, mark));
        _mayBeKey = true;
        if (FlowLevel > YamlReader.MaxDepth)
        {
            throw new YamlSyntaxException("it is nested too deeply", mark);
        }

        AddIndicator(kind, mark);
    }

    private void EndFlow(YamlTokenKind kind, YamlMark mark)
    {
        ForgetKey();
        if (FlowLevel > 0)
        {
            // After an empty list or map this forgets that it could be a key itself, as the parser of Helm and kubectl does.
            _keyLevels.Remove(_keys[^1].Number);
            _keys.RemoveAt(_keys.Count - 1);
        }

        _mayBeKey = false;
        AddIndicator(kind, mark);
    }

    private void StartBlockEntry(YamlTokenKind kind, YamlTokenKind start, string refusal, YamlMark mark)
    {
        if (FlowLevel == 0)
        {
            if (!_mayBeKey)
            {
                throw new YamlSyntaxException(refusal, mark);
            }

            Roll(mark, -1, start);
        }

        ForgetKey();
        AddIndicator(kind, mark);
    }

    private void FetchValue(YamlMark mark)
    {
        PossibleKey key = _keys[^1];
        if (IsOpen(key))
        {
            Insert(key.Number, new YamlToken(YamlTokenKind.Key, key.Mark));
            Roll(key.Mark, key.Number, YamlTokenKind.BlockMappingStart);
            _keys[^1] = key with { IsPossible = false };
            _keyLevels.Remove(key.Number);
            _mayBeKey = false;
        }
        else
        {
            if (FlowLevel == 0)
            {
                if (!_mayBeKey)
                {
                    throw new YamlSyntaxException("a value is not allowed here: a text with a colon and a space in it belongs in quotes", mark);
                }

                Roll(mark, -1, YamlTokenKind.BlockMappingStart);
            }

            _mayBeKey = FlowLevel == 0;
        }

        AddIndicator(YamlTokenKind.Value, mark);
    }

    private void Add(YamlTokenKind kind, YamlMark mark) => _tokens.Add(new YamlToken(kind, mark));

    private void AddIndicator(YamlTokenKind kind, YamlMark mark)
    {
        _cursor.Skip();
        Add(kind, mark);
    }

    private void Roll(YamlMark mark, int number, YamlTokenKind kind)
    {
        if (FlowLevel > 0 || _indent >= mark.Column)
        {
            return;
        }

        if (_indents.Count >= YamlReader.MaxDepth)
        {
            throw new YamlSyntaxException("it is nested too deeply", mark);
        }

        _indents.Push(_indent);
        _indent = mark.Column;
        Insert(number, new YamlToken(kind, mark));
    }

    private void Insert(int number, YamlToken token) => _tokens.Insert(number < _taken ? _tokens.Count : _head + number - _taken, token);

    private void Unroll(int column)
    {
        while (FlowLevel == 0 && _indent > column)
        {
            Add(YamlTokenKind.BlockEnd, _cursor.Mark);
            _indent = _indents.Pop();
        }
    }

    private void SaveKey()
    {
        if (_mayBeKey)
        {
            var isRequired = FlowLevel == 0 && _indent == _cursor.Column;
            ForgetKey();
            _keys[^1] = new PossibleKey(true, isRequired, NextNumber, _cursor.Mark);
            _keyLevels[NextNumber] = FlowLevel;
        }
    }

    private void ForgetKey()
    {
        if (_keys[^1] is { IsPossible: true, IsRequired: true } key)
        {
            throw MissingColon(key);
        }

        _keyLevels.Remove(_keys[^1].Number);
        _keys[^1] = _keys[^1] with { IsPossible = false };
    }

    // A key without '?' stands on one line and is short.
    private bool IsOpen(PossibleKey key)
    {
        if (!key.IsPossible)
        {
            return false;
        }

        if (key.Mark.Line == _cursor.Mark.Line && key.Mark.Index + MaxKeyLength >= _cursor.Index)
        {
            return true;
        }

        return key.IsRequired ? throw MissingColon(key) : false;
    }

    private bool IsKeyOpenAt(int number) =>
        _keyLevels.TryGetValue(number, out var level) && level < _keys.Count && IsOpen(_keys[level]);

    private static YamlSyntaxException MissingColon(PossibleKey key) => new("a key without a colon and a space after it", key.Mark);

    private readonly record struct PossibleKey(bool IsPossible, bool IsRequired, int Number, YamlMark Mark);
}
