using Microsoft.Extensions.Hosting;

namespace DaskK8s.Testing.Api;

/// <summary>A host's lifetime that listens to no signal and no console: the web host inside a library does not own the process.</summary>
internal sealed class NoSignals : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
