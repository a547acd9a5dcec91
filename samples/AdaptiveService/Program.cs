using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

// Lets the groups of a release follow its work for as long as this process runs: in a pod beside the release (adaptive-service.yaml), where the service
// account is the identity and its namespace the default, or anywhere with a kubeconfig. What it does is in appsettings.json; environment variables
// (DaskK8s__dask__Release) and arguments (--DaskK8s:dask:Release my-dask) override it. Each decision is a line of the log.
HostApplicationBuilder builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { Args = args, ContentRootPath = AppContext.BaseDirectory });
builder.Services.AddDaskAdaptiveScaling("dask");
await builder.Build().RunAsync();
