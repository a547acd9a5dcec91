using DaskK8s;
using DaskK8s.Hosting;

using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds adaptive scaling of a Dask release to an application.</summary>
public static class DaskAdaptiveScalingExtensions
{
    /// <summary>Lets the worker groups of a release follow the work as long as the application runs.</summary>
    /// <remarks>Several copies of the application may run: a Lease lets one of them adapt, the others stand by.</remarks>
    /// <param name="services">The application's services.</param>
    /// <param name="releaseName">The release's name.</param>
    /// <param name="options">Which groups, and how.</param>
    /// <param name="clusterOptions">How to connect; null for the defaults, which in a pod are its own service account and namespace. Without a logger factory of its own the application's is used.</param>
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
}
