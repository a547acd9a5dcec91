using System.Text.Json.Nodes;

namespace DaskK8s.Testing.Controllers;

/// <summary>Writes counts of a status: the real server leaves a zero out.</summary>
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
