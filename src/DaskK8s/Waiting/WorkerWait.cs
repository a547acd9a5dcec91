using DaskK8s.Causes;
using DaskK8s.Common;
using DaskK8s.Groups;
using DaskK8s.Kubernetes;

using k8s.Models;

namespace DaskK8s.Waiting;

/// <summary>Waits for workers: watches Deployments and pods, and asks the scheduler when its answer can change the result.</summary>
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
    private static readonly TimeSpan LongestLook = TimeSpan.FromHours(1);

    private readonly TimeProvider _time = requests.TimeProvider;
    private readonly Lock _lock = new();
    private readonly WaitGroup[] _groups = [.. plans.Select(p => new WaitGroup(p, knownAddresses[p.Name]))];
    private readonly PodOwners _owners = new(allPlans);
    private readonly Dictionary<string, WorkerGroupProgress> _reported = new(StringComparer.Ordinal);
    private readonly WaitVerdict _verdict = new(options, requests.TimeProvider);
    private readonly WaitQuestions? _questions = ask is null ? null : new WaitQuestions(requests, release, ask);

    private TaskCompletionSource _changed = NewSignal();
    private IReadOnlyDictionary<string, V1Deployment>? _deployments;
    private IReadOnlyDictionary<string, V1Pod>? _pods;
    private Exception? _failure;
    private int _version;

    /// <summary>Gets the last observed state, or null before everything was listed.</summary>
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

    /// <summary>Returns the addresses, with their groups, that a later wait needs.</summary>
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
            await Task.WhenAll([.. following, _questions?.Asking ?? Task.CompletedTask]).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
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

                if (options.FailFast && _questions?.Latest is { IsGone: true, Error: { } gone })
                {
                    hopeless.Add(new PodCause(null, null, PodCauseKind.SchedulerUnreachable, gone));
                }

                if (hopeless.Count > 0)
                {
                    throw await GiveUpAsync(view, scheduler, hopeless, _time.GetElapsedTime(start), cancellationToken).ConfigureAwait(false);
                }

                // Before the end the scheduler is asked once at least, also by a wait of no time at all.
                bool due = states.Any(static s => s.NeedsScheduler);
                pause = due ? Shorter(pause, _questions?.AskWhenDue(version, Signal, cancellationToken)) : pause;
                if (left <= TimeSpan.Zero && !(due && _questions?.Latest is null && options.Timeout == TimeSpan.Zero))
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

            TimeSpan? wait = Shorter(pause, left > TimeSpan.Zero ? left < LongestLook ? left : LongestLook : null);
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

    /// <summary>Combines the known state; called under the lock.</summary>
    private (WaitView? View, V1Pod? Scheduler) View()
    {
        if (_deployments is null || _pods is null)
        {
            return (null, null);
        }

        V1Pod[] workers = [.. _pods.Values.Where(p => _owners.Find(p) is not null)];
        ILookup<string, V1Pod> byGroup = workers.ToLookup(p => _owners.Find(p)!.Name, StringComparer.Ordinal);
        WaitAnswer? answer = _questions?.Latest;
        PodConnections? connections = answer?.Listed is { } listed ? new PodConnections(listed, workers.Where(PodDiagnosis.IsActive)) : null;
        WaitView view = new(
            _deployments.Values.ToDictionary(static d => d.Metadata.Name, StringComparer.Ordinal),
            byGroup,
            connections,
            connections is not null && answer?.Version == _version,
            ask is not null);
        V1Pod? scheduler = _pods.Values.FirstOrDefault(static p =>
            PodDiagnosis.IsActive(p) && p.Metadata.Labels is { } labels && labels.TryGetValue("component", out string? component) && component == "scheduler");
        return (view, scheduler);
    }

    private void Report(WaitState[] states)
    {
        string remark = ask is null ? " (this client is not connected to the scheduler, so it waits for ready pods)"
            : _questions?.Latest?.Error is { } error ? $" (the scheduler could not be queried: {Words.OneLine(error)})" : "";
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

    private async Task FollowAsync<T>(
        Func<CancellationToken, IAsyncEnumerable<IReadOnlyDictionary<string, T>>> follow, Action<IReadOnlyDictionary<string, T>> keep, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (IReadOnlyDictionary<string, T> items in ResilientWatch.FollowAsync(requests, follow, cancellationToken).ConfigureAwait(false))
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
        WaitReport report = new(requests, release, _owners, view, scheduler) { SchedulerError = _questions?.Latest?.Error };
        WorkersNotReadyException error = await report.ExplainAsync(_groups, hopeless, waited, cancellationToken).ConfigureAwait(false);
        WorkersLog.WaitGaveUp(requests.Logger, release, waited, error.Causes.Count, error.IsHopeless);
        return error;
    }
}
