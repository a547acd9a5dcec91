using System.Buffers;
using System.Text;

namespace DaskK8s.Helm.Values;

/// <summary>Splits and quotes words as a POSIX shell does, without expanding anything.</summary>
internal static class ShellWords
{
    // PowerShell takes the typographic quotes for quotes.
    private static readonly SearchValues<char> Expanded = SearchValues.Create("$`\"%!\r\n\u201c\u201d\u201e");

    public static IReadOnlyList<string> Split(string text)
    {
        List<string> words = [];
        StringBuilder word = new();
        bool inWord = false;
        char quote = '\0';
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (quote != '\0')
            {
                if (c == quote)
                {
                    quote = '\0';
                }
                else if (c == '\\' && quote == '"' && i + 1 < text.Length && text[i + 1] is '"' or '\\' or '$' or '`')
                {
                    word.Append(text[++i]);
                }
                else
                {
                    word.Append(c);
                }
            }
            else if (c is '\'' or '"')
            {
                quote = c;
                inWord = true;
            }
            else if (c == '\\' && i + 1 < text.Length)
            {
                inWord |= text[i + 1] != '\n';
                if (text[++i] != '\n')
                {
                    word.Append(text[i]);
                }
            }
            else if (char.IsWhiteSpace(c))
            {
                if (inWord)
                {
                    words.Add(word.ToString());
                    word.Clear();
                    inWord = false;
                }
            }
            else
            {
                word.Append(c);
                inWord = true;
            }
        }

        if (inWord)
        {
            words.Add(word.ToString());
        }

        return words;
    }

    /// <summary>Quotes a word so that a POSIX shell, PowerShell and cmd read it alike, if one form works for all of them.</summary>
    /// <param name="word">The word.</param>
    /// <returns>
    /// The word as it is, or in double quotes. If it contains characters that shells expand in double quotes ('$', '`', '"', '%', '!', a backslash
    /// before another or at the end), no such form exists, and it is quoted for a POSIX shell.
    /// </returns>
    public static string Quote(string word)
    {
        if (word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '/' or ':' or '=' or '+'))
        {
            return word;
        }

        bool isPlain = !word.AsSpan().ContainsAny(Expanded) && !word.EndsWith('\\') && !word.Contains("\\\\", StringComparison.Ordinal);
        return isPlain ? $"\"{word}\"" : "'" + word.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
    }
}
