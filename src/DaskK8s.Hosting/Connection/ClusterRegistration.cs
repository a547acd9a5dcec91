using DaskK8s.Hosting.Configuration;

using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace DaskK8s.Hosting.Connection;

/// <summary>A cluster that an application registered under a name: the source of its options, and how they are completed and validated.</summary>
internal sealed class ClusterRegistration(string name, Func<DaskClusterOptions, DaskClusterOptions>? configure)
{
    public SharedCluster Create(IServiceProvider provider) =>
        new(name, Options(provider), (provider.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance).CreateLogger("DaskK8s.Hosting"));

    /// <summary>Returns the options: configuration, then code, then the host's logger factory and clock.</summary>
    /// <exception cref="OptionsValidationException">The options are invalid; the exception lists all problems.</exception>
    public DaskClusterOptions Options(IServiceProvider provider)
    {
        List<string> problems = [];
        DaskClusterOptions options = DaskConfiguration.Read(name, provider.GetService<IConfiguration>(), problems);
        options = configure?.Invoke(options) ?? options;
        HelmClusterOptions cluster = options.Cluster;
        options = options with
        {
            Cluster = cluster with
            {
                LoggerFactory = cluster.LoggerFactory ?? provider.GetService<ILoggerFactory>(),
                TimeProvider = cluster.TimeProvider == TimeProvider.System ? provider.GetService<TimeProvider>() ?? TimeProvider.System : cluster.TimeProvider,
            },
        };
        DaskClusterChecks.Find(name, options, problems);
        ThrowIfAny(name, typeof(DaskClusterOptions), problems);
        return options;
    }

    public static void ThrowIfAny(string name, Type type, List<string> problems)
    {
        if (problems.Count > 0)
        {
            throw new OptionsValidationException(name, type, problems.Select(p => $"Dask cluster \"{name}\": {p}"));
        }
    }
}
