using System.Globalization;

namespace DaskK8s.Benchmarks;

/// <summary>Reads <c>--name value</c> pairs.</summary>
internal sealed class Arguments(string[] args)
{
    public string? Find(string name)
    {
        int at = Array.IndexOf(args, $"--{name}");
        return at >= 0 && at + 1 < args.Length ? args[at + 1] : null;
    }

    public bool Has(string name) => args.Contains($"--{name}");

    public string Require(string name) =>
        Find(name) ?? throw new ArgumentException($"--{name} is missing.");

    public int Number(string name, int fallback) =>
        Find(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : fallback;
}
