using System.Globalization;

using DaskK8s.Common;
using DaskK8s.Kubernetes;

using k8s.Models;

namespace DaskK8s.Logs;

/// <summary>Follows one pod's log through container restarts and lost connections.</summary>
internal sealed class FollowedPod(KubeRequests requests, LogsSink sink, LogTarget target, PodLogFilter filter, V1Pod first)
{
    private volatile V1Pod? _pod = first;
    private volatile TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private (string Run, int Restarts)? _done;
    private (string Run, int Restarts)? _reading;
    private DateTimeOffset _last;
    private int _atLast;
    private bool _any;
    private readonly BackOff _pauses = new(TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(10));

    public bool IsGone => _pod is null;

    /// <summary>Updates the pod; null means that it is gone.</summary>
    public void Update(V1Pod? pod)
    {
        _pod = pod;
        Interlocked.Exchange(ref _changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
    }

    public async Task ReadAsync(CancellationToken cancellationToken)
    {
        using LogsMerger.Source end = sink.Source;
        while (true)
        {
            // Taken before the pod is looked at, so that no change falls between.
            Task changed = _changed.Task;
            if (_pod is not { } pod)
            {
                return;
            }

            ContainerView view = ContainerView.Of(pod, target.Container);
            if (view.Run is null || view.Run == _done?.Run)
            {
                sink.Source.Opened();
                if (!view.IsRunning && !_any)
                {
                    await sink.AddNoticeAsync($"no log: {LogsOfPod.Why(requests, pod, target.Group)}", null, cancellationToken).ConfigureAwait(false);
                }

                await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
                continue;
            }

            await CatchUpAsync(pod, view, cancellationToken).ConfigureAwait(false);
            if (!await ReadRunAsync(pod, view, cancellationToken).ConfigureAwait(false))
            {
                return;
            }
        }
    }

    /// <summary>Reads the log of earlier runs: at the start if the current run has no lines, and later if a whole run was missed.</summary>
    private async Task CatchUpAsync(V1Pod pod, ContainerView view, CancellationToken cancellationToken)
    {
        if (!view.HasPrevious || _reading?.Run == view.Run)
        {
            return;
        }

        LogsRequest current = new(target.Pod, target.Container);
        if (_reading is null && _done is null)
        {
            LogsAttempt probe = new(requests, current with { TailLines = 1 });
            await foreach (LogsRawLine line in probe.ReadAsync(null, cancellationToken).ConfigureAwait(false))
            {
            }

            if (probe.HasLines || filter.TailLines == 0)
            {
                return;
            }

            await ReadPreviousAsync(pod, current with { Previous = true, TailLines = filter.TailLines, Since = filter.Since }, cancellationToken).ConfigureAwait(false);
            return;
        }

        (string Run, int Restarts) seen = _done ?? _reading!.Value;
        int missed = view.Restarts - seen.Restarts - 1;
        if (_reading is not null)
        {
            // That run's stream was cut, and meanwhile the run has ended.
            await ReadPreviousAsync(null, current with { Previous = true, SinceTime = missed == 0 ? _last : null }, cancellationToken).ConfigureAwait(false);
        }
        else if (missed > 0)
        {
            if (missed > 1)
            {
                await sink.AddNoticeAsync(
                    string.Create(CultureInfo.InvariantCulture, $"the container was restarted {missed + 1} times meanwhile; the log of all but the last run before this one is lost"),
                    null,
                    cancellationToken).ConfigureAwait(false);
            }

            await ReadPreviousAsync(null, current with { Previous = true }, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task ReadPreviousAsync(V1Pod? introduce, LogsRequest request, CancellationToken cancellationToken)
    {
        LogsAttempt previous = new(requests, request);
        int sameTime = 0;
        await foreach (LogsRawLine line in previous.ReadAsync(sink.Source.Opened, cancellationToken).ConfigureAwait(false))
        {
            if (previous.IsFirst && introduce is not null)
            {
                await sink.AddNoticeAsync(LogsOfPod.PreviousNotice(introduce, target), line.Time, cancellationToken).ConfigureAwait(false);
            }

            await AddUnseenAsync(line, request.SinceTime is not null, ref sameTime, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Reads the log of one container run to its end; returns false if the pod has nothing more to read.</summary>
    private async Task<bool> ReadRunAsync(V1Pod pod, ContainerView view, CancellationToken cancellationToken)
    {
        bool again = _reading?.Run == view.Run;
        bool atStart = _reading is null && _done is null;
        _reading = (view.Run!, view.Restarts);
        LogsAttempt attempt = new(requests, new LogsRequest(target.Pod, target.Container)
        {
            // Of a run that has ended there is nothing to wait for.
            Follow = view.IsRunning,
            SinceTime = again && (_any || filter.TailLines == 0) ? _last : null,
            TailLines = atStart ? filter.TailLines : null,
            Since = atStart || (again && !_any) ? filter.Since : null,
        });
        if (atStart && filter.TailLines == 0)
        {
            // What is older was not asked for, also when the log has to be opened again before its first new line.
            _last = requests.TimeProvider.GetUtcNow();
        }

        int sameTime = 0;
        await foreach (LogsRawLine line in attempt.ReadAsync(sink.Source.Opened, cancellationToken).ConfigureAwait(false))
        {
            await AddUnseenAsync(line, again, ref sameTime, cancellationToken).ConfigureAwait(false);
            _pauses.Reset();
        }

        sink.Source.Opened();
        LogsLog.LogEnded(requests.Logger, target.Pod, attempt.Error?.GetType().Name ?? "its end");
        if (attempt.Error is KubernetesForbiddenException or KubernetesUnauthorizedException)
        {
            await sink.AddNoticeAsync($"no log: {attempt.Error.Message}", null, cancellationToken).ConfigureAwait(false);
            return false;
        }

        if (attempt is { HasLines: false, Error: { } error and not KubernetesNotFoundException } && view.IsRunning)
        {
            await sink.AddNoticeAsync($"the log cannot be read at the moment: {error.Message}", null, cancellationToken).ConfigureAwait(false);
        }

        if (attempt.Error is null && !view.IsRunning)
        {
            await ShowOlderAsync(pod, view, attempt, cancellationToken).ConfigureAwait(false);
            _done = _reading;
            _reading = null;
            return true;
        }

        await WaitForEndAsync(view, attempt.Error, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>Reads the previous run, because some servers return nothing for a container that waits for its next start.</summary>
    private async Task ShowOlderAsync(V1Pod pod, ContainerView view, LogsAttempt attempt, CancellationToken cancellationToken)
    {
        if (!attempt.HasLines && !_any && view.HasPrevious)
        {
            await ReadPreviousAsync(pod, new LogsRequest(target.Pod, target.Container) { Previous = true, TailLines = filter.TailLines, Since = filter.Since }, cancellationToken)
                .ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Waits briefly for the pod's status to show that the run has ended, because it can arrive after the end of the stream. If it
    /// does not, only the connection was lost, and the log is opened again.
    /// </summary>
    private async Task WaitForEndAsync(ContainerView view, KubernetesApiException? error, CancellationToken cancellationToken)
    {
        using TimeLimit over = new(_pauses.Next(), requests.TimeProvider, cancellationToken);
        try
        {
            while (true)
            {
                Task changed = _changed.Task;
                ContainerView? now = _pod is { } pod ? ContainerView.Of(pod, target.Container) : null;
                if (now is null || now.Run != view.Run || !now.IsRunning)
                {
                    if (error is null)
                    {
                        _done = _reading;
                        _reading = null;
                    }

                    return;
                }

                await changed.WaitAsync(over.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (over.Passed)
        {
            // Only the connection has ended.
        }
    }

    /// <summary>Adds a line unless it was read before the connection was lost: <c>sinceTime</c> only has whole seconds.</summary>
    private Task AddUnseenAsync(LogsRawLine line, bool again, ref int sameTime, CancellationToken cancellationToken)
    {
        DateTimeOffset time = line.Time ?? _last;
        if (again && time < _last)
        {
            return Task.CompletedTask;
        }

        if (again && time == _last && sameTime < _atLast)
        {
            sameTime++;
            return Task.CompletedTask;
        }

        _atLast = time == _last ? _atLast + 1 : 1;
        _last = time;
        _any = true;
        return sink.AddAsync(line, cancellationToken);
    }
}
