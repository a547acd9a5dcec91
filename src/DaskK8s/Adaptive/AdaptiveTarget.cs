using k8s.Models;

namespace DaskK8s.Adaptive;

/// <summary>The release that adaptive scaling works on: the data it reads and the operations it uses.</summary>
/// <param name="Release">The release's name.</param>
/// <param name="Namespace">The release's namespace.</param>
/// <param name="Groups">Returns the worker groups as of the last read.</param>
/// <param name="FindStrangersAsync">Finds the groups whose workers belong to another scheduler, with the reason why each is not managed.</param>
/// <param name="GiveBackStraysAsync">Gives up ownership of Deployment fields that interrupted clients still hold.</param>
/// <param name="ScaleAsync">Scales a group.</param>
internal sealed record AdaptiveTarget(
    string Release,
    string Namespace,
    Func<IReadOnlyList<WorkerGroup>> Groups,
    Func<IEnumerable<string>, CancellationToken, Task<IReadOnlyDictionary<string, string>>> FindStrangersAsync,
    Func<IEnumerable<V1Deployment>, CancellationToken, Task> GiveBackStraysAsync,
    Func<int, ScaleOptions, string?, CancellationToken, Task<ScaleResult>> ScaleAsync);
