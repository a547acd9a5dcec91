using AdaptiveScalingSample;

using DaskK8s;

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

// With a release's name: adapts it until the process ends; this is what runs in a pod (pod.yaml).
// Without: shows it on a cluster embedded in this process and draws what happened: dotnet run --project samples/AdaptiveScaling -- docs/adaptive.svg
if (args is ["--release", string release, ..])
{
    HostApplicationBuilder builder = Host.CreateApplicationBuilder();
    builder.Services.AddDaskAdaptiveScaling(release, new AdaptiveOptions
    {
        Groups = { ["worker"] = (0, 20), ["gpu-workers"] = (0, 4) },
        IdleTimeout = TimeSpan.FromMinutes(10),
    });
    await builder.Build().RunAsync();
    return 0;
}

return await Demonstration.RunAsync(args is [string file] ? file : "adaptive.svg");
