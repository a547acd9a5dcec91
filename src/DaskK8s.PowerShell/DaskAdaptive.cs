namespace DaskK8s.PowerShell;

/// <summary>An adaptive scaling that was started with <c>Start-DaskAdaptive</c>.</summary>
public sealed class DaskAdaptive
{
    private readonly AdaptiveScaling _scaling;
    private volatile bool _stopped;

    internal DaskAdaptive(HelmCluster cluster, IReadOnlyDictionary<string, AdaptiveRange> groups, AdaptiveScaling scaling) =>
        (Cluster, Groups, _scaling) = (cluster, groups, scaling);

    /// <summary>Gets the cluster.</summary>
    public HelmCluster Cluster { get; }

    /// <summary>Gets the groups that adapt, and between which numbers of pods.</summary>
    public IReadOnlyDictionary<string, AdaptiveRange> Groups { get; }

    /// <summary>Gets how it is: <c>Starting</c>; <c>Active</c>; <c>Standby</c>, while another one adapts the release; <c>Stopped</c>; <c>Failed</c>.</summary>
    public string State => (_stopped, _scaling.Completion) switch
    {
        (true, _) => "Stopped",
        (_, { IsFaulted: true }) => "Failed",
        (_, { IsCompleted: true }) => "Stopped",
        _ => _scaling.IsActive ? "Active" : _scaling.Decisions.Count == 0 ? "Starting" : "Standby",
    };

    /// <summary>Gets what ended it, where it failed.</summary>
    /// <value>Null while all is well.</value>
    public Exception? Error => _scaling.Completion.Exception?.InnerException;

    /// <summary>Gets the decisions, with their reasons, the oldest first; the last 1,000.</summary>
    public IReadOnlyList<AdaptiveDecision> Decisions => _scaling.Decisions;

    /// <summary>Gets demand and replicas over time, the oldest first; the last 20,000 points.</summary>
    public IReadOnlyList<AdaptiveSample> Trace => _scaling.Trace;

    internal bool IsRunning => !_stopped && !_scaling.Completion.IsCompleted;

    /// <summary>Returns it in a line.</summary>
    /// <returns>The line.</returns>
    public override string ToString() =>
        $"{Cluster.Name}: {State}, {string.Join(", ", Groups.Select(static g => FormattableString.Invariant($"{g.Key} {g.Value.Minimum}..{g.Value.Maximum}")))}";

    /// <summary>Waits until a decision was made or adapting ended, or until the time is over; it never throws.</summary>
    internal async Task WaitForFirstDecisionAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        TaskCompletionSource decided = new(TaskCreationOptions.RunContinuationsAsynchronously);
        void Hear(object? sender, AdaptiveDecisionEventArgs e) => decided.TrySetResult();
        _scaling.Decided += Hear;
        try
        {
            if (Decisions.Count == 0)
            {
                Task first = Task.WhenAny(decided.Task, _scaling.Completion);
                await first.WaitAsync(limit, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        finally
        {
            _scaling.Decided -= Hear;
        }
    }

    internal async Task StopAsync()
    {
        _stopped = true;
        await _scaling.DisposeAsync().ConfigureAwait(false);
    }
}
