using DaskK8s;
using DaskK8s.Hosting.Connection;
using DaskK8s.Hosting.Health;

using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds health checks of Dask clusters.</summary>
public static class DaskHealthCheckExtensions
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Adds a health check of a Dask cluster that <c>AddDaskCluster</c> or <c>AddKeyedDaskCluster</c> added.</summary>
    /// <remarks>
    /// Healthy: the cluster is in its desired state. Degraded: the description has the <see cref="HelmCluster.Limitations"/> and why each missing pod is
    /// missing. <paramref name="failureStatus"/>: the cluster cannot be reached, for the reason in the description.
    /// </remarks>
    /// <param name="builder">The application's health checks.</param>
    /// <param name="cluster">The name that the cluster was added with; null for that of <c>AddDaskCluster</c>.</param>
    /// <param name="failureStatus">The status of a cluster that cannot be reached; null for <see cref="HealthStatus.Unhealthy"/>.</param>
    /// <param name="tags">The tags of the health check, for filtering; null for none.</param>
    /// <param name="timeout">The time limit of a check; null for 5 s.</param>
    /// <returns>The health checks.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is zero or negative.</exception>
    public static IHealthChecksBuilder AddDask(
        this IHealthChecksBuilder builder,
        string? cluster = null,
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null,
        TimeSpan? timeout = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        TimeSpan limit = timeout ?? DefaultTimeout;
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(limit, TimeSpan.Zero, nameof(timeout));
        return builder.Add(new HealthCheckRegistration(
            cluster is null ? "dask" : $"dask-{cluster}",
            provider => new DaskHealthCheck(
                cluster is null ? provider.GetRequiredService<IDaskCluster>() : Named(provider, cluster),
                limit,
                provider.GetService<TimeProvider>() ?? TimeProvider.System),
            failureStatus,
            tags));
    }

    /// <summary>Finds a cluster by name; one that a test registered in its place takes precedence.</summary>
    private static IDaskCluster Named(IServiceProvider provider, string name) =>
        provider.GetKeyedService<IDaskCluster>(name) ?? provider.GetRequiredKeyedService<SharedCluster>(name);
}
