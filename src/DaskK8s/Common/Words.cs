using System.Globalization;

namespace DaskK8s.Common;

/// <summary>Words what several messages say alike.</summary>
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

    /// <summary>Gives up to three names, and how many more there are.</summary>
    public static string Names(IReadOnlyList<string> names) =>
        string.Join(", ", names.Take(3)) + (names.Count > 3 ? string.Create(CultureInfo.InvariantCulture, $" and {names.Count - 3} more") : "");

    /// <summary>Puts a message of Kubernetes on one line of bounded length.</summary>
    public static string OneLine(string? message, int longest = 300)
    {
        string line = string.Join(' ', (message ?? "").Split(['\r', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        return line.Length > longest ? line[..longest] + "…" : line;
    }

    /// <summary>Gives <c>: message</c>, or nothing where there is no message.</summary>
    public static string Tail(string? message, int longest = 300) => OneLine(message, longest) is { Length: > 0 } line ? $": {line}" : "";
}
