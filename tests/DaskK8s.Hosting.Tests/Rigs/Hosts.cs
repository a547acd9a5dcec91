using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DaskK8s.Hosting.Tests.Rigs;

/// <summary>Builds hosts with settings of a test's own.</summary>
internal static class Hosts
{
    public static IHost Build(
        IReadOnlyDictionary<string, string?> settings, Action<IServiceCollection> add, ILoggerProvider? logs = null)
    {
        HostApplicationBuilder builder = CreateBuilder(settings, logs);
        add(builder.Services);
        return builder.Build();
    }

    public static HostApplicationBuilder CreateBuilder(IReadOnlyDictionary<string, string?> settings, ILoggerProvider? logs = null)
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection(settings);
        if (logs is not null)
        {
            builder.Logging.AddProvider(logs);
        }

        return builder;
    }

    /// <summary>Returns settings of a cluster named <c>dask</c> whose scheduler is not looked for, with each use checked.</summary>
    public static Dictionary<string, string?> WithoutScheduler(string kubeconfig) => new()
    {
        ["ConnectionStrings:dask"] = "my-dask.default",
        ["DaskK8s:dask:KubeconfigPath"] = kubeconfig,
        ["DaskK8s:dask:SchedulerAccess"] = "None",
        ["DaskK8s:dask:CheckAfter"] = "0s",
        ["DaskK8s:dask:Retry:MaxAttempts"] = "1",
        ["DaskK8s:dask:ConnectTimeout"] = "15s",
    };
}
