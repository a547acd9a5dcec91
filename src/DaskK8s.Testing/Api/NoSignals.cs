using Microsoft.Extensions.Hosting;

namespace DaskK8s.Testing.Api;

/// <summary>A host lifetime that ignores signals and the console, because a web host inside a library does not own the process.</summary>
internal sealed class NoSignals : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
