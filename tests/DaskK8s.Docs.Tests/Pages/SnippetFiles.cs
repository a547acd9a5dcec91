using System.Text.RegularExpressions;

namespace DaskK8s.Docs.Tests.Pages;

/// <summary>
/// Reads the snippets that files mark: the lines between <c>snippet: NAME</c> and <c>end snippet</c>, each in a comment of the
/// file's language. Several pieces of one name are joined by an empty line.
/// </summary>
internal static partial class SnippetFiles
{
    private static readonly string[] Endings = [".cs", ".ps1", ".sh", ".yaml", ".py"];

    public static IReadOnlyDictionary<string, string> All { get; } = ReadAll();

    private static Dictionary<string, string> ReadAll()
    {
        Dictionary<string, string> found = [];
        foreach (string path in Endings.SelectMany(Repository.Files).Where(static path => !path.EndsWith("SnippetFiles.cs", StringComparison.Ordinal)))
        {
            string[] lines = Repository.Read(path).Split('\n');
            for (int i = 0; i < lines.Length; i++)
            {
                if (Begin().Match(lines[i]) is { Success: true } begin)
                {
                    int end = Array.FindIndex(lines, i, static line => End().IsMatch(line));
                    if (end < 0)
                    {
                        throw new InvalidOperationException($"{path}:{i + 1} begins a snippet that never ends.");
                    }

                    string name = begin.Groups[1].Value;
                    string piece = Outdent(lines[(i + 1)..end]);
                    found[name] = found.TryGetValue(name, out string? before) ? $"{before}\n\n{piece}" : piece;
                    i = end;
                }
            }
        }

        return found;
    }

    private static string Outdent(string[] lines)
    {
        int margin = lines.Where(static line => line.Length > 0).Select(static line => line.Length - line.TrimStart().Length).DefaultIfEmpty().Min();
        return string.Join('\n', lines.Select(line => line.Length > margin ? line[margin..] : "")).Trim('\n');
    }

    [GeneratedRegex(@"^\s*(?://|#) snippet: (\S+)$")]
    private static partial Regex Begin();

    [GeneratedRegex(@"^\s*(?://|#) end snippet$")]
    private static partial Regex End();
}
