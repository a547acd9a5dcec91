namespace DaskK8s.Benchmarks.Tunnel;

/// <summary>Reads <c>--name value</c>.</summary>
internal static class CommandLine
{
    public static string? Get(string[] args, string name)
    {
        int at = Array.IndexOf(args, name);
        return at >= 0 && at + 1 < args.Length ? args[at + 1] : null;
    }
}
