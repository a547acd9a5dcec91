using DaskK8s.Helm.Values;

namespace DaskK8s.Helm.Chart;

/// <summary>Is what the chart's naming rules need to know of a Deployment, from a manifest or from the API server.</summary>
internal sealed record ChartDeployment
{
    public required string Name { get; init; }

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Gets the replicas; 1 where none are written, as the API server fills in.</summary>
    public int Replicas { get; init; } = 1;

    /// <summary>Gets the image of the first container.</summary>
    public string Image { get; init; } = "";

    /// <summary>Gets the command line of the first container.</summary>
    public WorkerCommandLine CommandLine { get; init; } = WorkerCommandLine.Parse(null, null);

    /// <summary>Gets the limits of the first container, as quantities.</summary>
    public IReadOnlyDictionary<string, string> Limits { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Gets the <c>component</c> label; empty where there is none.</summary>
    public string Component => Labels.GetValueOrDefault("component", "");

    /// <summary>Reads a Deployment of a manifest.</summary>
    /// <returns>Null where the object is no Deployment.</returns>
    public static ChartDeployment? FromManifest(ValueNode.Map item)
    {
        if (item.TextAt("kind") != "Deployment" || item.TextAt("metadata", "name") is not { } name)
        {
            return null;
        }

        ValueNode.Map? container = item.ListAt("spec", "template", "spec", "containers").OfType<ValueNode.Map>().FirstOrDefault();
        return new ChartDeployment
        {
            Name = name,
            Labels = Texts(item.MapAt("metadata", "labels")),
            Replicas = item.IntAt("spec", "replicas") ?? 1,
            Image = container.TextAt("image") ?? "",
            CommandLine = WorkerCommandLine.Parse(
                container.ListAt("command").Select(word => word.AsText() ?? ""),
                container.ListAt("args").Select(word => word.AsText() ?? "")),
            Limits = Texts(container.MapAt("resources", "limits")),
        };
    }

    internal static Dictionary<string, string> Texts(ValueNode.Map map)
    {
        Dictionary<string, string> texts = new(StringComparer.Ordinal);
        foreach ((string? key, ValueNode? value) in map.Entries)
        {
            texts[key] = value.AsText() ?? "";
        }

        return texts;
    }
}
