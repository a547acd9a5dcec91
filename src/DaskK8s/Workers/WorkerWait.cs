using DaskK8s.Diagnostics;
using DaskK8s.KubeApi;

using k8s.Models;

namespace DaskK8s.Workers;

/// <summary>Waits for workers: follows Deployments and pods, and asks the scheduler when its word can change something.</summary>
internal sealed class WorkerWait(
    KubeRequests requests,
    Workloads workloads,
    string release,
    IReadOnlyList<GroupPlan> allPlans,
    IReadOnlyList<GroupPlan> plans,
    ConnectedWorkers? ask,
    WorkerWaitOptions options,
    IProgress<WorkerGroupProgress>? progress,
    ILookup<string, string> knownAddresses)
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time = requests.TimeProvider;
    private readonly Lock _lock = new();
    private readonly WaitGroup[] _groups = [.. plans.Select(p => new WaitGroup(p, knownAddresses[p.Name]))];
    private readonly PodOwners _owners = new(allPlans);
    private readonly Dictionary<string, WorkerGroupProgress> _reported = new(StringComparer.Ordinal);
    private readonly WaitVerdict _verdict = new(options, requests.TimeProvider);

    private TaskCompletionSource _changed = NewSignal();
    private IReadOnlyDictionary<string, V1Deployment>? _deployments;
    private IReadOnlyDictionary<string, V1Pod>? _pods;
    private Exception? _failure;
    private int _version;

    private IReadOnlyDictionary<string, int>? _listed;
    private volatile string? _askError;
    private Task? _asking;
    private int _askedVersion = -1;
    private int _pausedVersion = -1;
    private long _askEnded;
    private TimeSpan _pause = ShortestPause;

    /// <summary>Gets what was seen last, or null before everything was listed.</summary>
    public WorkloadSnapshot? Snapshot
    {
        get
        {
            lock (_lock)
            {
                return _deployments is null || _pods is null ? null : new WorkloadSnapshot([.. _deployments.Values], null, [.. _pods.Values]);
            }
        }
    }

    /// <summary>Gives the addresses, with their groups, that a later wait has to know of.</summary>
    public IEnumerable<(string Group, string Address)> Addresses => _groups.SelectMany(static g => g.Addresses.Select(a => (g.Plan.Name, a)));

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        long start = _time.GetTimestamp();
        WorkersLog.WaitBegan(requests.Logger, release, options.Timeout);
        if (ask is null)
        {
            WorkersLog.WaitedWithoutScheduler(requests.Logger, release);
        }

        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] following =
        [
            FollowAsync(workloads.FollowDeploymentsAsync, items => _deployments = items, ending.Token),
            FollowAsync(workloads.FollowPodsAsync, items => _pods = items, ending.Token),
        ];
        try
        {
            await LoopAsync(start, ending.Token).ConfigureAwait(false);
            WorkersLog.WaitEnded(requests.Logger, release, _time.GetElapsedTime(start));
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll([.. following, _asking ?? Task.CompletedTask]).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task LoopAsync(long start, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            WaitView? view;
            V1Pod? scheduler;
            int version;
            lock (_lock)
            {
                changed = _changed.Task;
                version = _version;
                if (_failure is { } failure)
                {
                    throw failure;
                }

                (view, scheduler) = View();
            }

            TimeSpan? pause = null;
            TimeSpan left = options.Timeout == Timeout.InfiniteTimeSpan ? TimeSpan.MaxValue : options.Timeout - _time.GetElapsedTime(start);
            if (view is not null)
            {
                WaitState[] states = [.. _groups.Select(g => g.Look(view))];
                Report(states);
                if (states.All(static s => s.IsComplete))
                {
                    return;
                }

                List<PodCause> hopeless = [];
                for (int i = 0; i < states.Length; i++)
                {
                    (IReadOnlyList<PodCause> causes, TimeSpan? again) = _verdict.Judge(_groups[i], states[i], view, scheduler);
                    hopeless.AddRange(causes);
                    pause = Shorter(pause, again);
                }

                if (hopeless.Count > 0)
                {
                    throw await GiveUpAsync(view, scheduler, hopeless, _time.GetElapsedTime(start), cancellationToken).ConfigureAwait(false);
                }

                // Before the end the scheduler is asked once at least, also by a wait of no time at all.
                bool due = states.Any(static s => s.NeedsScheduler);
                pause = due ? Shorter(pause, AskWhenDue(version, cancellationToken)) : pause;
                if (left <= TimeSpan.Zero && !(due && _askedVersion < 0 && options.Timeout == TimeSpan.Zero))
                {
                    throw await GiveUpAsync(view, scheduler, [], _time.GetElapsedTime(start), cancellationToken).ConfigureAwait(false);
                }
            }
            else if (left <= TimeSpan.Zero && options.Timeout > TimeSpan.Zero)
            {
                throw new KubernetesTimeoutException(
                    $"The API server had not listed the Deployments and pods of release {release} after {Words.Duration(_time.GetElapsedTime(start))}.",
                    new KubernetesApiCall("list", "pods", "", requests.Connection.Namespace), null);
            }

            TimeSpan? wait = Shorter(pause, left > TimeSpan.Zero && left < TimeSpan.MaxValue ? left : null);
            await WaitAsync(changed, wait, cancellationToken).ConfigureAwait(false);
        }
    }

    private static TimeSpan? Shorter(TimeSpan? a, TimeSpan? b) => a is null || b < a ? b : a;

    private async Task WaitAsync(Task changed, TimeSpan? limit, CancellationToken cancellationToken)
    {
        try
        {
            await changed.WaitAsync(limit ?? Timeout.InfiniteTimeSpan, _time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Time to look again.
        }
    }

    /// <summary>Puts together what is known; called under the lock.</summary>
    private (WaitView? View, V1Pod? Scheduler) View()
    {
        if (_deployments is null || _pods is null)
        {
            return (null, null);
        }

        V1Pod[] workers = [.. _pods.Values.Where(p => _owners.Find(p) is not null)];
        ILookup<string, V1Pod> byGroup = workers.ToLookup(p => _owners.Find(p)!.Name, StringComparer.Ordinal);
        PodConnections? connections = _listed is null ? null : new PodConnections(_listed, workers.Where(PodDiagnosis.IsActive));
        WaitView view = new(
            _deployments.Values.ToDictionary(static d => d.Metadata.Name, StringComparer.Ordinal),
            byGroup,
            connections,
            connections is not null && _askedVersion == _version,
            ask is not null);
        V1Pod? scheduler = _pods.Values.FirstOrDefault(static p =>
            PodDiagnosis.IsActive(p) && p.Metadata.Labels is { } labels && labels.TryGetValue("component", out string? component) && component == "scheduler");
        return (view, scheduler);
    }

    private void Report(WaitState[] states)
    {
        string remark = ask is null ? " (this client does not reach the scheduler, so ready pods are waited for)"
            : _askError is { } error ? $" (the scheduler could not be asked: {Words.OneLine(error)})" : "";
        foreach (WaitState state in states)
        {
            WorkerGroupProgress now = state.Progress.Waiting is { } waiting ? state.Progress with { Waiting = waiting + remark } : state.Progress;
            if (_reported.GetValueOrDefault(now.Group) != now)
            {
                _reported[now.Group] = now;
                WorkersLog.WaitChanged(requests.Logger, now);
                progress?.Report(now);
            }
        }
    }

    /// <summary>Asks right after a change, then in growing intervals; gives when to ask next, or null while an answer is awaited.</summary>
    private TimeSpan? AskWhenDue(int version, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_asking is { IsCompleted: false })
            {
                return null;
            }

            if (version != _pausedVersion)
            {
                _pausedVersion = version;
                _pause = ShortestPause;
            }

            TimeSpan elapsed = _askEnded == 0 ? TimeSpan.MaxValue : _time.GetElapsedTime(_askEnded);
            if (version == _askedVersion ? elapsed < _pause : elapsed < ShortestPause)
            {
                return (version == _askedVersion ? _pause : ShortestPause) - elapsed;
            }

            if (version == _askedVersion)
            {
                _pause = _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
            }

            _asking = AskAsync(version, cancellationToken);
            return null;
        }
    }

    private async Task AskAsync(int version, CancellationToken cancellationToken)
    {
        // So that the caller's lock is not held over the seam.
        await Task.Yield();
        try
        {
            IReadOnlyDictionary<string, int> listed = await ask!(cancellationToken).ConfigureAwait(false);
            lock (_lock)
            {
                _listed = listed;
                _askError = null;
            }
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // Whatever it is, the scheduler may come back; the time limit ends it, and the error then says why.
            WorkersLog.SchedulerNotAsked(requests.Logger, release, e.GetType().Name);
            lock (_lock)
            {
                _listed = null;
                _askError = e is DaskK8sException ? e.Message : e.GetType().Name;
            }
        }

        lock (_lock)
        {
            _askedVersion = version;
            _askEnded = _time.GetTimestamp();
        }

        Signal();
    }

    private async Task FollowAsync<T>(
        Func<CancellationToken, IAsyncEnumerable<IReadOnlyDictionary<string, T>>> follow, Action<IReadOnlyDictionary<string, T>> keep, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (IReadOnlyDictionary<string, T> items in Following.ThroughOutagesAsync(requests, follow, cancellationToken).ConfigureAwait(false))
            {
                lock (_lock)
                {
                    keep(items);
                    _version++;
                }

                Signal();
            }
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            lock (_lock)
            {
                _failure = e;
            }

            Signal();
        }
    }

    private void Signal()
    {
        TaskCompletionSource signal;
        lock (_lock)
        {
            signal = _changed;
            _changed = NewSignal();
        }

        signal.TrySetResult();
    }

    private async Task<WorkersNotReadyException> GiveUpAsync(
        WaitView view, V1Pod? scheduler, IReadOnlyList<PodCause> hopeless, TimeSpan waited, CancellationToken cancellationToken)
    {
        WaitReport report = new(requests, release, _owners, view, scheduler) { SchedulerError = _askError };
        WorkersNotReadyException error = await report.ExplainAsync(_groups, hopeless, waited, cancellationToken).ConfigureAwait(false);
        WorkersLog.WaitGaveUp(requests.Logger, release, waited, error.Causes.Count, error.IsHopeless);
        return error;
    }
}
