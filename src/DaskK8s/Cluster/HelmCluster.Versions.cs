using DaskK8s.Dask.Rpc;

namespace DaskK8s;

public sealed partial class HelmCluster
{
    // What Dask's client requires to agree, and what it only compares: distributed/versions.py, required_packages and scheduler_relevant_packages.
    private static readonly string[] ComparedPackages = ["dask", "distributed", "msgpack", "cloudpickle", "toolz", "tornado", "numpy", "pandas", "lz4"];

    /// <summary>Returns the versions of Python and of the packages that must match, on the scheduler and the workers.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The versions, and the differences by group.</returns>
    /// <exception cref="SchedulerUnreachableException">The scheduler cannot be reached; <see cref="Limitations"/> says why.</exception>
    public Task<ClusterVersions> GetVersionsAsync(CancellationToken cancellationToken = default) =>
        _lifetime.RunAsync(ReadVersionsAsync, cancellationToken);

    private async Task<ClusterVersions> ReadVersionsAsync(CancellationToken cancellationToken)
    {
        SchedulerRpc rpc = RequireLink().Rpc;
        Task<SchedulerInfo> info = GetSchedulerInfoAsync(cancellationToken);
        Task<object?> asked = rpc.CallAsync(new RpcCall("versions") { Idempotent = true }, cancellationToken);
        Task<IReadOnlyDictionary<string, object?>> answers = rpc.BroadcastAsync(
            new Dictionary<string, object?> { ["op"] = "versions" }, null, null, cancellationToken);
        await Task.WhenAll(info, asked, answers).ConfigureAwait(false);

        Dictionary<string, string?> groups = (await info.ConfigureAwait(false)).Workers.ToDictionary(static w => w.Address, static w => w.Group);
        Dictionary<string, string> images = WorkerGroups.ToDictionary(static g => g.Name, static g => g.Image);
        NodeVersions scheduler = ToVersions(await asked.ConfigureAwait(false), null, null);
        Dictionary<string, NodeVersions> workers = [];
        foreach ((string address, object? answer) in await answers.ConfigureAwait(false))
        {
            string? group = groups.GetValueOrDefault(address);
            workers[address] = ToVersions(answer, group, group is null ? null : images.GetValueOrDefault(group));
        }

        return new ClusterVersions(scheduler, workers, FindMismatches(scheduler, [.. workers.Values]));
    }

    internal static IReadOnlyList<VersionMismatch> FindMismatches(NodeVersions scheduler, IReadOnlyList<NodeVersions> workers)
    {
        List<VersionMismatch> mismatches = [];
        foreach (string package in (string[])["python", .. ComparedPackages])
        {
            string? expected = VersionOf(scheduler, package);
            Dictionary<string, IReadOnlyList<string>> groups = workers
                .GroupBy(static w => w.Group ?? "other workers")
                .ToDictionary(
                    static g => g.Key,
                    g => (IReadOnlyList<string>)[.. g.Select(w => VersionOf(w, package) ?? "none").Distinct().Order(StringComparer.Ordinal)]);
            if (groups.Values.SelectMany(static v => v).Append(expected ?? "none").Distinct().Skip(1).Any())
            {
                mismatches.Add(new VersionMismatch(package, expected, groups));
            }
        }

        return mismatches;
    }

    private static string? VersionOf(NodeVersions node, string package) =>
        package == "python" ? node.Python : node.Packages.GetValueOrDefault(package);

    private static NodeVersions ToVersions(object? answer, string? group, string? image)
    {
        Dictionary<string, object?> parts = answer as Dictionary<string, object?> ?? [];
        Dictionary<string, object?> packages = parts.GetValueOrDefault("packages") as Dictionary<string, object?> ?? [];
        Dictionary<string, object?> host = parts.GetValueOrDefault("host") as Dictionary<string, object?> ?? [];
        return new NodeVersions(
            (host.GetValueOrDefault("python") ?? packages.GetValueOrDefault("python")) as string,
            packages.Where(static p => p.Key != "python").ToDictionary(static p => p.Key, static p => p.Value as string),
            group,
            image);
    }
}
