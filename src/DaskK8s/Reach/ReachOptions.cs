using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace DaskK8s.Reach;

/// <summary>The options for connecting to the scheduler; they are documented at <c>HelmClusterOptions</c>.</summary>
internal sealed record ReachOptions
{
    public SchedulerAccess SchedulerAccess { get; init; }

    public string? SchedulerAddress { get; init; }

    public string? NodeHost { get; init; }

    public int? NodePort { get; init; }

    public int? LocalSchedulerPort { get; init; }

    public int? LocalDashboardPort { get; init; }

    public PortForwardTransport Transport { get; init; }

    public DaskTlsOptions? Tls { get; init; }

    public TimeSpan SchedulerTimeout { get; init; } = TimeSpan.FromSeconds(30);

    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;

    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
