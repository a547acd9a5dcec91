using System.Text;

namespace DaskK8s.Docs.Tests.Architecture;

/// <summary>Draws the rooms and their arrows as Mermaid flowcharts.</summary>
internal static class ArchitecturePicture
{
    /// <summary>Draws one project, with the folders of a room taken together. An arrow that a longer way already shows is left out.</summary>
    public static string Draw(IEnumerable<Arrow> arrows, string project)
    {
        HashSet<(string From, string To)> pairs =
        [
            .. arrows.Where(arrow => IsOf(arrow.From, project) && IsOf(arrow.To, project))
                .Select(arrow => (From: NameOf(arrow.From, project), To: NameOf(arrow.To, project)))
                .Where(static pair => pair.From != pair.To),
        ];
        ILookup<string, string> next = pairs.ToLookup(static pair => pair.From, static pair => pair.To);
        StringBuilder picture = new("```mermaid\nflowchart TD\n");
        foreach (string room in Rooms.Order.Where(room => IsOf(room, project)).Select(room => NameOf(room, project)).Distinct())
        {
            foreach (string other in next[room].Where(other => !next[room].Any(between => between != other && Reaches(next, between, other))).Order(StringComparer.Ordinal))
            {
                picture.Append("    ").Append(room).Append(" --> ").Append(other).Append('\n');
            }
        }

        return picture.Append("```").ToString();
    }

    private static bool Reaches(ILookup<string, string> next, string from, string to)
    {
        HashSet<string> seen = [from];
        Queue<string> open = new(seen);
        while (open.TryDequeue(out string? room))
        {
            foreach (string other in next[room].Where(seen.Add))
            {
                open.Enqueue(other);
            }
        }

        return seen.Contains(to);
    }

    private static bool IsOf(string room, string project) => room == project || room.StartsWith($"{project}/", StringComparison.Ordinal);

    /// <summary>Returns the name of a project's room: its first folder, or the project's own name for files at its root.</summary>
    private static string NameOf(string room, string project) =>
        room == project ? project.Split('/')[^1] : room[(project.Length + 1)..].Split('/')[0];
}
