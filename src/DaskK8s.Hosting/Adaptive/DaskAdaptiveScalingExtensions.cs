using DaskK8s;
using DaskK8s.Hosting.Adaptive;
using DaskK8s.Hosting.Configuration;
using DaskK8s.Hosting.Connection;

using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds adaptive scaling of a Dask release to an application.</summary>
public static class DaskAdaptiveScalingExtensions
{
    /// <summary>Scales the worker groups of a release with the workload while the application runs.</summary>
    /// <remarks>Several replicas of the application may run: a Lease ensures that only one of them adapts, and the others stand by.</remarks>
    /// <param name="services">The application's services.</param>
    /// <param name="releaseName">The release's name.</param>
    /// <param name="options">The groups to scale, and how.</param>
    /// <param name="clusterOptions">How to connect; null for the defaults, which in a pod are its own service account and namespace. If no logger factory is set, the application's is used.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddDaskAdaptiveScaling(
        this IServiceCollection services, string releaseName, AdaptiveOptions options, HelmClusterOptions? clusterOptions = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrWhiteSpace(releaseName);
        ArgumentNullException.ThrowIfNull(options);
        HelmClusterOptions connection = clusterOptions ?? new HelmClusterOptions();
        return services.AddSingleton<IHostedService>(provider =>
        {
            ILoggerFactory? loggers = connection.LoggerFactory ?? provider.GetService<ILoggerFactory>();
            return new AdaptiveScalingService(releaseName, options, connection with { LoggerFactory = loggers }, loggers);
        });
    }

    /// <summary>Scales the worker groups of a configured release with the workload while the application runs.</summary>
    /// <remarks>
    /// The release is configured as for <see cref="DaskClusterExtensions.AddDaskCluster"/>; the groups and all other settings come from the section
    /// <c>DaskK8s:name:Adaptive</c>, whose settings have the names of <see cref="AdaptiveOptions"/>. Both are checked when the host starts.
    /// </remarks>
    /// <param name="services">The application's services.</param>
    /// <param name="name">The name of the section and of the connection string.</param>
    /// <param name="configure">Changes the configured options; null to use them unchanged.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddDaskAdaptiveScaling(
        this IServiceCollection services, string name, Func<AdaptiveOptions, AdaptiveOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return services.AddSingleton<IHostedService>(provider =>
        {
            DaskClusterOptions cluster = new ClusterRegistration(name, null).Options(provider);
            List<string> problems = [];
            AdaptiveOptions options = DaskConfiguration.ReadAdaptive(name, provider.GetService<IConfiguration>(), problems);
            options = configure?.Invoke(options) ?? options;
            if (cluster.Release is null)
            {
                problems.Add("A scheduler's address alone has no groups to scale; configure a release.");
            }

            DaskClusterChecks.Try(options.Validate, problems);
            ClusterRegistration.ThrowIfAny(name, typeof(AdaptiveOptions), problems);
            return new AdaptiveScalingService(cluster.Release!, options, cluster.Cluster, cluster.Cluster.LoggerFactory);
        });
    }
}
