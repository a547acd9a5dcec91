using System.Text.Json.Nodes;

namespace DaskK8s.Testing.Controllers;

/// <summary>Writes the counts of a status; like the real server, it omits zeros.</summary>
internal static class Counts
{
    public static void Set(JsonObject status, string name, int count)
    {
        if (count == 0)
        {
            status.Remove(name);
        }
        else
        {
            status[name] = count;
        }
    }
}
