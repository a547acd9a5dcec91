using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace DaskK8s.Interactive.Html;

/// <summary>Sanitizes text from outside: it cannot move a terminal's cursor or reverse the direction of the text after it.</summary>
internal static partial class Plain
{
    private const char Replacement = '\uFFFD';

    /// <summary>Removes colours and other terminal commands, makes control and direction characters visible, keeps line breaks and tabs.</summary>
    public static string Clean(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return "";
        }

        string plain = text.Contains('\e', StringComparison.Ordinal) ? TerminalCommand().Replace(text, "") : text;
        plain = plain.Replace("\r\n", "\n", StringComparison.Ordinal);
        if (!plain.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            return plain;
        }

        StringBuilder clean = new(plain.Length);
        foreach (char c in plain)
        {
            clean.Append(IsHarmless(c) ? c : Replacement);
        }

        return clean.ToString();
    }

    /// <summary>Cleans text that must stay on one line.</summary>
    public static string Line(string? text) => Clean(text).Replace('\n', ' ').Replace('\t', ' ');

    /// <summary>Writes a number as Dask and Kubernetes do, or a dash if it is unknown.</summary>
    public static string Number(long? number) => number is { } n ? n.ToString(CultureInfo.InvariantCulture) : "–";

    private static bool IsHarmless(char c) => c switch
    {
        '\n' or '\t' => true,
        // Embeddings, overrides, isolates and marks of direction.
        (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069') or '\u200E' or '\u200F' or '\u061C' => false,
        // Other line ends than ours.
        '\u2028' or '\u2029' or '\u0085' => false,
        _ => !char.IsControl(c),
    };

    [GeneratedRegex(@"\e(?:\[[0-?]*[ -/]*[@-~]|\][^\a\e]*(?:\a|\e\\)?|[@-Z\\^_])", RegexOptions.CultureInvariant)]
    private static partial Regex TerminalCommand();
}
