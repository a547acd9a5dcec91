using k8s.Models;

namespace DaskK8s.Adaptive;

/// <summary>The release that adaptive scaling changes: what it reads of the release, and the one thing it does to it.</summary>
/// <param name="Release">The release's name.</param>
/// <param name="Namespace">The release's namespace.</param>
/// <param name="Groups">Gives the worker groups as they were read last.</param>
/// <param name="FindStrangersAsync">Finds the groups whose workers are another scheduler's, with the reason why each is not managed.</param>
/// <param name="GiveBackStraysAsync">Gives back the fields that clients which did not finish kept of Deployments.</param>
/// <param name="ScaleAsync">Scales a group.</param>
internal sealed record AdaptiveTarget(
    string Release,
    string Namespace,
    Func<IReadOnlyList<WorkerGroup>> Groups,
    Func<IEnumerable<string>, CancellationToken, Task<IReadOnlyDictionary<string, string>>> FindStrangersAsync,
    Func<IEnumerable<V1Deployment>, CancellationToken, Task> GiveBackStraysAsync,
    Func<int, ScaleOptions, string?, CancellationToken, Task<ScaleResult>> ScaleAsync);
