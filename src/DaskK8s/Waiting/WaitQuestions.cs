using DaskK8s.Kubernetes;

namespace DaskK8s.Waiting;

/// <summary>Requests the scheduler's workers during a wait: right after each change, then at growing intervals, one request at a time.</summary>
internal sealed class WaitQuestions(KubeRequests requests, string release, ConnectedWorkers ask)
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time = requests.TimeProvider;
    private readonly Lock _lock = new();
    private volatile WaitAnswer? _latest;
    private int _pausedVersion = -1;
    private bool _isAsking;
    private long _ended;
    private TimeSpan _pause = ShortestPause;

    /// <summary>Gets the last answer, or null before the first.</summary>
    public WaitAnswer? Latest => _latest;

    /// <summary>Gets the request in progress, or the last one.</summary>
    public Task Asking { get; private set; } = Task.CompletedTask;

    /// <summary>Sends a request if one is due.</summary>
    /// <param name="version">The version of the Deployments and pods.</param>
    /// <param name="answered">Called when the answer arrives.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>The time until the next request, or null while a request is in progress.</returns>
    public TimeSpan? AskWhenDue(int version, Action answered, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_isAsking)
            {
                return null;
            }

            if (version != _pausedVersion)
            {
                _pausedVersion = version;
                _pause = ShortestPause;
            }

            bool again = version == _latest?.Version;
            TimeSpan elapsed = _latest is null ? TimeSpan.MaxValue : _time.GetElapsedTime(_ended);
            TimeSpan pause = again ? _pause : ShortestPause;
            if (elapsed < pause)
            {
                return pause - elapsed;
            }

            if (again)
            {
                _pause = _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
            }

            _isAsking = true;
            Asking = AskAsync(version, answered, cancellationToken);
            return null;
        }
    }

    private async Task AskAsync(int version, Action answered, CancellationToken cancellationToken)
    {
        // So that the caller's lock is not held over the seam.
        await Task.Yield();
        WaitAnswer answer;
        try
        {
            answer = new WaitAnswer(version, await ask(cancellationToken).ConfigureAwait(false), null);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // Unless it is gone for good the scheduler may come back; the time limit ends it, and the error then says why.
            WorkersLog.SchedulerNotAsked(requests.Logger, release, e.GetType().Name);
            answer = new WaitAnswer(version, null, e is DaskK8sException ? e.Message : e.GetType().Name) { IsGone = (e as SchedulerUnreachableException)?.IsGone == true };
        }

        lock (_lock)
        {
            // Not the task's end: who hears of the answer may ask again before the task is seen to have ended.
            _isAsking = false;
            _latest = answer;
            _ended = _time.GetTimestamp();
        }

        answered();
    }
}
