using DaskK8s.Adaptive;
using DaskK8s.Common;

using Microsoft.Extensions.Logging;

namespace DaskK8s;

/// <summary>Adaptive scaling of a release. Dispose it to stop; the groups keep their size.</summary>
public sealed class AdaptiveScaling : IAsyncDisposable
{
    private const int MostDecisions = 1000;
    private const int MostSamples = 20_000;

    private readonly CancellationTokenSource _end;
    private readonly ILogger _logger;
    private readonly Lock _sync = new();
    private readonly Queue<AdaptiveDecision> _decisions = new();
    private readonly Queue<AdaptiveSample> _trace = new();
    private Task _loop = Task.CompletedTask;
    private int _disposed;

    internal AdaptiveScaling(ILogger logger, CancellationToken cluster)
    {
        _end = CancellationTokenSource.CreateLinkedTokenSource(cluster);
        _logger = logger;
    }

    /// <summary>Occurs when a decision is made, on the loop's thread; a handler's exceptions are logged and ignored.</summary>
    public event EventHandler<AdaptiveDecisionEventArgs>? Decided;

    /// <summary>Gets the last 1,000 decisions, oldest first.</summary>
    /// <value>A group that is held is listed once for each reason, not once for each pass.</value>
    public IReadOnlyList<AdaptiveDecision> Decisions
    {
        get
        {
            lock (_sync)
            {
                return [.. _decisions];
            }
        }
    }

    /// <summary>Gets demand and replicas over time: the last 20,000 samples, oldest first.</summary>
    public IReadOnlyList<AdaptiveSample> Trace
    {
        get
        {
            lock (_sync)
            {
                return [.. _trace];
            }
        }
    }

    /// <summary>Gets whether this loop is scaling the release; false while it waits for another loop to end.</summary>
    public bool IsActive { get; private set; }

    /// <summary>Gets a task that completes when this object or the cluster is disposed. A failed pass is retried.</summary>
    public Task Completion => _loop;

    /// <summary>Stops adaptive scaling and undoes a shrink in progress. The groups keep their size.</summary>
    /// <returns>A task that completes when adaptive scaling has stopped.</returns>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _end.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
    }

    internal void Start(AdaptiveLoop loop, Lifetime cluster) =>
        _loop = Task.Run(() => cluster.RunAsync(_ => loop.RunAsync(_end.Token), CancellationToken.None));

    internal void SetActive(bool isActive) => IsActive = isActive;

    internal void Note(AdaptiveDecision decision)
    {
        lock (_sync)
        {
            _decisions.Enqueue(decision);
            if (_decisions.Count > MostDecisions)
            {
                _decisions.Dequeue();
            }
        }

        UserCode.Raise(Decided, this, new AdaptiveDecisionEventArgs(decision), _logger, "AdaptiveScaling.Decided");
    }

    internal void Note(AdaptiveSample sample)
    {
        lock (_sync)
        {
            _trace.Enqueue(sample);
            if (_trace.Count > MostSamples)
            {
                _trace.Dequeue();
            }
        }
    }
}
