using System.Globalization;

using DaskK8s.Testing;

namespace Sandbox;

/// <summary>Holds the command line: what the sandbox plays.</summary>
internal sealed record SandboxArguments(int Workers, IReadOnlyList<DaskReleaseGroup> Groups, ChartShape Shape)
{
    private const int MostWorkers = 20;

    public const string Usage =
        """
        Usage: sandbox.sh [--workers NUMBER] [--groups NAME=NUMBER[:RESOURCE=NUMBER],...] [--chart-shape SHAPE]
        --workers      the pods of the default group, 0 to 20; 3 by default.
        --groups       the additional groups; 'gpu-workers=1:GPU=1' by default, 'none' for none.
                       A group of 0 starts with the default group's number, as the chart does it.
        --chart-shape  plain (default); fullname-override; helm4 (records as Helm 4 writes them); configmaps (records in ConfigMaps).
        """;

    private static readonly DaskReleaseGroup Gpu = ToGroup("gpu-workers", 1, "GPU=1");

    /// <summary>Reads <c>--name value</c> pairs.</summary>
    /// <returns>What was said; null where it cannot be meant.</returns>
    public static SandboxArguments? Parse(string[] args)
    {
        SandboxArguments? arguments = new(3, [Gpu], ChartShape.Plain);
        for (int i = 0; i < args.Length && arguments is not null; i += 2)
        {
            string? value = i + 1 < args.Length ? args[i + 1] : null;
            arguments = (args[i], value) switch
            {
                ("--workers", { } text) when Number(text) is { } workers => arguments with { Workers = workers },
                ("--groups", "none") => arguments with { Groups = [] },
                ("--groups", { } text) when ToGroups(text) is { } groups => arguments with { Groups = groups },
                ("--chart-shape", { } text) when ToShape(text) is { } shape => arguments with { Shape = shape },
                _ => null,
            };
        }

        return arguments;
    }

    public DaskRelease ToRelease()
    {
        DaskRelease release = new() { Workers = Workers, Groups = Groups };
        return Shape switch
        {
            ChartShape.FullnameOverride => release with { FullnameOverride = "compute" },
            ChartShape.Helm4 => release with { HelmVersion = 4 },
            ChartShape.ConfigMaps => release with { StorageDriver = HelmStorageDriver.ConfigMap },
            _ => release,
        };
    }

    private static ChartShape? ToShape(string text) => text switch
    {
        "plain" => ChartShape.Plain,
        "fullname-override" => ChartShape.FullnameOverride,
        "helm4" => ChartShape.Helm4,
        "configmaps" => ChartShape.ConfigMaps,
        _ => null,
    };

    private static DaskReleaseGroup[]? ToGroups(string text)
    {
        List<DaskReleaseGroup> groups = [];
        foreach (string part in text.Split(','))
        {
            string[] halves = part.Split(':', 2);
            string[] pair = halves[0].Split('=');
            if (pair.Length != 2 || pair[0].Length == 0 || Number(pair[1]) is not { } replicas || groups.Any(g => g.Name == pair[0]))
            {
                return null;
            }

            groups.Add(ToGroup(pair[0], replicas, halves.Length == 2 ? halves[1] : null));
        }

        return [.. groups];
    }

    private static DaskReleaseGroup ToGroup(string name, int replicas, string? resources) => new()
    {
        Name = name,
        Replicas = replicas,
        DaskResources = resources,
        Limits = resources?.StartsWith("GPU=", StringComparison.Ordinal) == true ? new Dictionary<string, string> { ["nvidia.com/gpu"] = "1" } : new Dictionary<string, string>(),
    };

    private static int? Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number <= MostWorkers ? number : null;
}
