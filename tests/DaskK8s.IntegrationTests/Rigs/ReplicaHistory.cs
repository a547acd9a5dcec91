using System.Collections.Concurrent;

using k8s;
using k8s.Models;

namespace DaskK8s.IntegrationTests.Rigs;

/// <summary>Follows the versions of a release's Deployments, and keeps each change of a number that was not an upgrade's.</summary>
internal sealed class ReplicaHistory : IAsyncDisposable
{
    private readonly CancellationTokenSource _end = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly ConcurrentDictionary<string, long> _seen = new();
    private readonly ConcurrentQueue<(string Deployment, int From, int To)> _changes = new();
    private readonly Task _following;

    private ReplicaHistory(TestCluster kubernetes, string @namespace, V1DeploymentList start) => _following = FollowAsync(kubernetes, @namespace, start);

    public static async Task<ReplicaHistory> StartAsync(TestCluster kubernetes, string @namespace) => new(
        kubernetes, @namespace, await kubernetes.Client.AppsV1.ListNamespacedDeploymentAsync(@namespace, cancellationToken: TestContext.Current.CancellationToken));

    /// <summary>Waits until a version has been seen, and gives the changes until then.</summary>
    public async Task<IReadOnlyList<(string Deployment, int From, int To)>> ChangesUntilAsync(IEnumerable<V1Deployment> last)
    {
        foreach (V1Deployment deployment in last)
        {
            long version = Version(deployment);
            while (_seen.GetValueOrDefault(deployment.Metadata.Name) < version)
            {
                _following.IsFaulted.Should().BeFalse("the watch goes on: {0}", _following.Exception?.GetBaseException().Message);
                await Task.Delay(20, TestContext.Current.CancellationToken);
            }
        }

        return [.. _changes];
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
    }

    private static long Version(V1Deployment deployment) => long.Parse(deployment.Metadata.ResourceVersion, System.Globalization.CultureInfo.InvariantCulture);

    private async Task FollowAsync(TestCluster kubernetes, string @namespace, V1DeploymentList start)
    {
        Dictionary<string, V1Deployment> now = start.Items.ToDictionary(static d => d.Metadata.Name);
        string version = start.Metadata.ResourceVersion;
        while (true)
        {
            await foreach ((WatchEventType type, V1Deployment deployment) in kubernetes.Client.AppsV1.WatchListNamespacedDeploymentAsync(
                @namespace, resourceVersion: version, cancellationToken: _end.Token))
            {
                type.Should().BeOneOf(WatchEventType.Added, WatchEventType.Modified);
                string name = deployment.Metadata.Name;
                if (now.TryGetValue(name, out V1Deployment? before) && before.Spec.Replicas != deployment.Spec.Replicas && RevisionOf(before) == RevisionOf(deployment))
                {
                    _changes.Enqueue((name, before.Spec.Replicas ?? 1, deployment.Spec.Replicas ?? 1));
                }

                now[name] = deployment;
                version = deployment.Metadata.ResourceVersion;
                _seen[name] = Version(deployment);
            }
        }
    }

    private static string? RevisionOf(V1Deployment deployment) => deployment.Metadata.Annotations?.TryGetValue(HelmManifest.Annotation, out string? revision) == true ? revision : null;
}
