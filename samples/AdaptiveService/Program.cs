using DaskK8s;

using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

// Lets the groups of a release follow its work for as long as this process runs: in a pod beside the release (adaptive-service.yaml), where the service
// account is the identity and its namespace the default, or anywhere with a kubeconfig. What it does is in appsettings.json; environment variables
// (Dask__Release) and arguments (--Dask:Release my-dask) override it. Each decision is a line of the log.
HostApplicationBuilder builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { Args = args, ContentRootPath = AppContext.BaseDirectory });
IConfigurationSection dask = builder.Configuration.GetSection("Dask");
builder.Services.AddDaskAdaptiveScaling(
    dask["Release"] ?? "my-dask",
    new AdaptiveOptions
    {
        Groups = dask.GetSection("Groups").GetChildren().ToDictionary(
            static group => group.Key,
            static group => new AdaptiveRange(group.GetValue("Minimum", 0), group.GetValue("Maximum", 1))),
        IdleTimeout = dask.GetValue<TimeSpan?>("IdleTimeout"),
    },
    new HelmClusterOptions { Namespace = dask["Namespace"] });
await builder.Build().RunAsync();
