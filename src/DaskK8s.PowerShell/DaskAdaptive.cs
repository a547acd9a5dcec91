namespace DaskK8s.PowerShell;

/// <summary>Adaptive scaling that was started with <c>Start-DaskAdaptive</c>.</summary>
public sealed class DaskAdaptive
{
    private readonly AdaptiveScaling _scaling;
    private volatile bool _stopped;

    internal DaskAdaptive(HelmCluster cluster, IReadOnlyDictionary<string, AdaptiveRange> groups, AdaptiveScaling scaling) =>
        (Cluster, Groups, _scaling) = (cluster, groups, scaling);

    /// <summary>Gets the cluster.</summary>
    public HelmCluster Cluster { get; }

    /// <summary>Gets the adaptive groups and their ranges of pods.</summary>
    public IReadOnlyDictionary<string, AdaptiveRange> Groups { get; }

    /// <summary>Gets the state: <c>Starting</c>; <c>Active</c>; <c>Standby</c> (another client adapts it); <c>Stopped</c>; <c>Failed</c>.</summary>
    public string State => (_stopped, _scaling.Completion) switch
    {
        (true, _) => "Stopped",
        (_, { IsFaulted: true }) => "Failed",
        (_, { IsCompleted: true }) => "Stopped",
        _ => _scaling.IsActive ? "Active" : _scaling.Decisions.Count == 0 ? "Starting" : "Standby",
    };

    /// <summary>Gets the error that ended adaptive scaling.</summary>
    /// <value>Null if it did not fail.</value>
    public Exception? Error => _scaling.Completion.Exception?.InnerException;

    /// <summary>Gets the decisions, with their reasons, the oldest first; the last 1,000.</summary>
    public IReadOnlyList<AdaptiveDecision> Decisions => _scaling.Decisions;

    /// <summary>Gets demand and replicas over time, the oldest first; the last 20,000 points.</summary>
    public IReadOnlyList<AdaptiveSample> Trace => _scaling.Trace;

    internal bool IsRunning => !_stopped && !_scaling.Completion.IsCompleted;

    /// <summary>Returns a one-line description.</summary>
    /// <returns>The line.</returns>
    public override string ToString() =>
        $"{Cluster.Name}: {State}, {string.Join(", ", Groups.Select(static g => FormattableString.Invariant($"{g.Key} {g.Value.Minimum}..{g.Value.Maximum}")))}";

    /// <summary>Waits for the first decision, the end of adaptive scaling or the time limit; never throws.</summary>
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
