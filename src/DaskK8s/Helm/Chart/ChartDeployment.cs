using DaskK8s.Helm.Values;
using DaskK8s.Yaml;

namespace DaskK8s.Helm.Chart;

/// <summary>The parts of a Deployment that the chart's naming rules need, from a manifest or from the API server.</summary>
internal sealed record ChartDeployment
{
    public required string Name { get; init; }

    /// <summary>Gets the namespace; null if the manifest leaves it to the release.</summary>
    public string? Namespace { get; init; }

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Gets the replicas; 1 if none are set, as the API server defaults it.</summary>
    public int Replicas { get; init; } = 1;

    /// <summary>Gets the name of the container that runs Dask; empty if unknown.</summary>
    public string Container { get; init; } = "";

    /// <summary>Gets the container's environment variables that configure Dask (<c>DASK_…</c>) and have a literal value.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Gets the address of the scheduler that the workers use; null if it is not specified.</summary>
    public string? SchedulerAddress => CommandLine.SchedulerAddress ?? Environment.GetValueOrDefault("DASK_SCHEDULER_ADDRESS");

    /// <summary>Gets whether Dask's configuration in the environment enables TLS.</summary>
    public bool UsesTlsByEnvironment =>
        Environment.GetValueOrDefault("DASK_DISTRIBUTED__COMM__DEFAULT_SCHEME") is "tls"
        || Environment.GetValueOrDefault("DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION") is "True" or "true" or "1";

    /// <summary>Gets the image of the Dask container.</summary>
    public string Image { get; init; } = "";

    /// <summary>Gets the command line of the Dask container.</summary>
    public WorkerCommandLine CommandLine { get; init; } = WorkerCommandLine.Parse(null, null);

    /// <summary>Gets the resource limits of the Dask container, as quantities.</summary>
    public IReadOnlyDictionary<string, string> Limits { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Gets the <c>component</c> label; empty if there is none.</summary>
    public string Component => Labels.GetValueOrDefault("component", "");

    /// <summary>Reads a Deployment from a manifest.</summary>
    /// <returns>Null if the object is not a Deployment.</returns>
    public static ChartDeployment? FromManifest(ValueNode.Map item)
    {
        if (item.TextAt("kind") != "Deployment" || item.TextAt("metadata", "name") is not { } name)
        {
            return null;
        }

        ValueNode.Map? container = ContainerChoice.Choose(
            [.. item.ListAt("spec", "template", "spec", "containers").OfType<ValueNode.Map>()], static c => c.TextAt("name") ?? "", LineOf);
        IReadOnlyDictionary<string, string> variables = VariablesOf(container);
        return new ChartDeployment
        {
            Name = name,
            Namespace = item.TextAt("metadata", "namespace"),
            Labels = Texts(item.MapAt("metadata", "labels")),
            Replicas = item.IntAt("spec", "replicas") ?? 1,
            Container = container.TextAt("name") ?? "",
            Environment = DaskVariables(variables),
            Image = container.TextAt("image") ?? "",
            CommandLine = LineOf(container, variables),
            Limits = Texts(container.MapAt("resources", "limits")),
        };
    }

    /// <summary>Returns the variables that configure Dask.</summary>
    internal static IReadOnlyDictionary<string, string> DaskVariables(IReadOnlyDictionary<string, string> variables) =>
        variables.Where(static v => v.Key.StartsWith("DASK_", StringComparison.Ordinal)).ToDictionary(StringComparer.Ordinal);

    private static IReadOnlyDictionary<string, string> VariablesOf(ValueNode.Map? container) =>
        ContainerVariables.Read(container.ListAt("env").Select(static e => KeyValuePair.Create(e.TextAt("name") ?? "", e.TextAt("value"))));

    private static WorkerCommandLine LineOf(ValueNode.Map container) => LineOf(container, VariablesOf(container));

    private static WorkerCommandLine LineOf(ValueNode.Map? container, IReadOnlyDictionary<string, string> variables) => WorkerCommandLine.Parse(
        container.ListAt("command").Select(word => word.AsText() ?? ""),
        container.ListAt("args").Select(word => word.AsText() ?? ""),
        variables);

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
