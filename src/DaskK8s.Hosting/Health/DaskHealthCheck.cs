using System.Globalization;

using DaskK8s.Hosting.Connection;

using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace DaskK8s.Hosting.Health;

/// <summary>Checks the health of a cluster: unhealthy if it cannot be reached, degraded if part of it is missing.</summary>
internal sealed class DaskHealthCheck(IDaskCluster cluster, TimeSpan timeout, TimeProvider time) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        using CancellationTokenSource limit = new(timeout, time);
        using CancellationTokenSource linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            // What does not listen to its token must not hold up the answer either.
            return await LookAsync(linked.Token).WaitAsync(linked.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new HealthCheckResult(
                context.Registration.FailureStatus,
                string.Create(CultureInfo.InvariantCulture, $"The Dask cluster \"{cluster.Name}\" did not answer within {timeout.TotalSeconds:0.#} s."));
        }
        catch (DaskK8sException e)
        {
            return new HealthCheckResult(context.Registration.FailureStatus, e.Message, e);
        }
    }

    private Task<HealthCheckResult> LookAsync(CancellationToken cancellationToken) =>
        cluster is SharedCluster { HasRelease: false } ? LookAtSchedulerAsync(cancellationToken) : LookAtReleaseAsync(cancellationToken);

    private async Task<HealthCheckResult> LookAtSchedulerAsync(CancellationToken cancellationToken)
    {
        IDaskClient client = await cluster.GetClientAsync(cancellationToken).ConfigureAwait(false);
        SchedulerInfo info = await client.GetSchedulerInfoAsync(cancellationToken).ConfigureAwait(false);
        Dictionary<string, object> data = new() { ["scheduler"] = client.Address, ["workers"] = info.Workers.Count };
        return info.Workers.Count > 0
            ? HealthCheckResult.Healthy($"{Count(info.Workers.Count, "worker")} at {client.Address}.", data)
            : HealthCheckResult.Degraded($"The scheduler at {client.Address} has no workers.", data: data);
    }

    private async Task<HealthCheckResult> LookAtReleaseAsync(CancellationToken cancellationToken)
    {
        HelmCluster helm = await cluster.GetClusterAsync(cancellationToken).ConfigureAwait(false);
        IReadOnlyList<PodCause> causes = await helm.GetPodCausesAsync(cancellationToken).ConfigureAwait(false);
        Dictionary<string, object> data = new() { ["release"] = helm.Name };
        foreach (WorkerGroup group in helm.WorkerGroups)
        {
            data[$"group {group.Name}"] = group.ToString();
        }

        string[] missing = [.. helm.Limitations.Select(static l => l.ToString()), .. causes.Select(static c => c.ToString())];
        if (missing.Length > 0)
        {
            data["missing"] = missing;
            return HealthCheckResult.Degraded(string.Join(" | ", missing), data: data);
        }

        return HealthCheckResult.Healthy(
            $"{Count(helm.WorkerGroups.Sum(static g => g.Ready), "worker pod")} in {Count(helm.WorkerGroups.Count, "group")} of {helm.Name}.", data);
    }

    private static string Count(int number, string thing) => string.Create(CultureInfo.InvariantCulture, $"{number} {thing}{(number == 1 ? "" : "s")}");
}
