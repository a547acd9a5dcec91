using System.Globalization;
using System.Text;

namespace DaskK8s.Common;

/// <summary>Text shared by several messages.</summary>
internal static class Words
{
    public static string Duration(TimeSpan time) => time switch
    {
        { TotalSeconds: < 10 } => time.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture) + " s",
        { TotalSeconds: < 120 } => time.TotalSeconds.ToString("0", CultureInfo.InvariantCulture) + " s",
        { TotalMinutes: < 120 } => time.TotalMinutes.ToString("0", CultureInfo.InvariantCulture) + " min",
        { TotalHours: < 48 } => time.TotalHours.ToString("0", CultureInfo.InvariantCulture) + " h",
        _ => time.TotalDays.ToString("0", CultureInfo.InvariantCulture) + " days",
    };

    public static string Count(int count, string noun) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} {noun}{(count == 1 ? "" : "s")}");

    /// <summary>Returns up to three names and the number of the others.</summary>
    public static string Names(IReadOnlyList<string> names) =>
        string.Join(", ", names.Take(3)) + (names.Count > 3 ? string.Create(CultureInfo.InvariantCulture, $" and {names.Count - 3} more") : "");

    /// <summary>Converts a message of Kubernetes to one line of limited length.</summary>
    public static string OneLine(string? message, int longest = 300)
    {
        string text = message ?? "";

        // Cut first: the text may be of any size.
        string line = string.Join(' ', text[..Math.Min(text.Length, 4 * longest)].Split(['\r', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        line = line.Length > longest || text.Length > 4 * longest ? line[..Math.Min(line.Length, longest)] + "…" : line;
        return Plain(line);
    }

    /// <summary>
    /// Escapes characters that affect a terminal or a log, or are invisible, as <c>\u001b</c>: control characters, characters that change
    /// the direction of text, and unpaired surrogates.
    /// </summary>
    public static string Plain(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            return text;
        }

        StringBuilder plain = new(text.Length + 16);
        for (int i = 0; i < text.Length; i++)
        {
            if (i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]))
            {
                plain.Append(text[i]).Append(text[++i]);
            }
            else if (IsHarmful(text[i]))
            {
                plain.Append(CultureInfo.InvariantCulture, $"\\u{(int)text[i]:x4}");
            }
            else
            {
                plain.Append(text[i]);
            }
        }

        return plain.ToString();
    }

    private static bool IsHarmful(char c) => char.GetUnicodeCategory(c) is UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate;

    /// <summary>Returns <c>: message</c>, or an empty string if there is no message.</summary>
    public static string Tail(string? message, int longest = 300) => OneLine(message, longest) is { Length: > 0 } line ? $": {line}" : "";
}
