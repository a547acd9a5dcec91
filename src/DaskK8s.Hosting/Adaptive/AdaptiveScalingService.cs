using System.Runtime.CompilerServices;

using DaskK8s.Hosting.Connection;

using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace DaskK8s.Hosting.Adaptive;

/// <summary>Connects to a release and adapts it; retries when the connection fails or is lost.</summary>
internal sealed partial class AdaptiveScalingService(
    string releaseName, AdaptiveOptions options, HelmClusterOptions clusterOptions, ILoggerFactory? loggers) : BackgroundService
{
    private readonly ILogger _logger = (loggers ?? NullLoggerFactory.Instance).CreateLogger("DaskK8s.Hosting");

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        ReconnectPause pause = new();
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                HelmCluster cluster = await HelmCluster.ConnectAsync(releaseName, clusterOptions, stoppingToken).ConfigureAwait(false);
                await using ConfiguredAsyncDisposable closing = cluster.ConfigureAwait(false);
                AdaptiveScaling adaptive = await cluster.AdaptAsync(options, stoppingToken).ConfigureAwait(false);
                await using ConfiguredAsyncDisposable ending = adaptive.ConfigureAwait(false);
                pause.Reset();
                await adaptive.Completion.WaitAsync(stoppingToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is not (WorkerGroupNotFoundException or ArgumentException))
            {
                TimeSpan next = pause.Next();
                Lost(_logger, releaseName, next.TotalSeconds, e.Message);
                await Task.Delay(next, clusterOptions.TimeProvider, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    [LoggerMessage(7100, LogLevel.Warning, "Adaptive scaling of release {Release} could not go on, tries again in {Seconds} s: {Reason}")]
    private static partial void Lost(ILogger logger, string release, double seconds, string reason);
}
