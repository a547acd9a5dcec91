using DaskK8s;
using DaskK8s.Hosting.Connection;

using Microsoft.Extensions.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds Dask clusters to an application's services.</summary>
public static class DaskClusterExtensions
{
    /// <summary>Adds a Dask cluster as the application's <see cref="IDaskCluster"/>.</summary>
    /// <remarks>
    /// The options come from the section <c>DaskK8s:name</c> and from the connection string <c>ConnectionStrings:name</c>, which is <c>release.namespace</c>,
    /// <c>tcp://host:port</c> or <c>tls://host:port</c>. They are checked when the host starts: an
    /// <see cref="Microsoft.Extensions.Options.OptionsValidationException"/> lists all problems. The cluster is connected at first use.
    /// </remarks>
    /// <param name="services">The application's services.</param>
    /// <param name="name">The name of the section and of the connection string.</param>
    /// <param name="configure">Changes the configured options; null to use them unchanged.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddDaskCluster(
        this IServiceCollection services, string name, Func<DaskClusterOptions, DaskClusterOptions>? configure = null)
    {
        Add(services, name, configure);
        return services.AddSingleton<IDaskCluster>(provider => provider.GetRequiredKeyedService<SharedCluster>(name));
    }

    /// <summary>Adds a Dask cluster under its name, for applications that use several: <c>[FromKeyedServices("name")] IDaskCluster</c>.</summary>
    /// <remarks>The options come from the same places as those of <see cref="AddDaskCluster"/>.</remarks>
    /// <param name="services">The application's services.</param>
    /// <param name="name">The key, and the name of the section and of the connection string.</param>
    /// <param name="configure">Changes the configured options; null to use them unchanged.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddKeyedDaskCluster(
        this IServiceCollection services, string name, Func<DaskClusterOptions, DaskClusterOptions>? configure = null)
    {
        Add(services, name, configure);
        return services.AddKeyedSingleton<IDaskCluster>(name, (provider, _) => provider.GetRequiredKeyedService<SharedCluster>(name));
    }

    private static void Add(IServiceCollection services, string name, Func<DaskClusterOptions, DaskClusterOptions>? configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (services.Any(s => s.IsKeyedService && s.ServiceType == typeof(SharedCluster) && Equals(s.ServiceKey, name)))
        {
            throw new ArgumentException($"A Dask cluster named \"{name}\" was added already.", nameof(name));
        }

        ClusterRegistration registration = new(name, configure);
        services.AddKeyedSingleton(name, (provider, _) => registration.Create(provider));
        services.AddSingleton<IHostedService>(provider => new StartValidation(provider, registration));
    }
}
