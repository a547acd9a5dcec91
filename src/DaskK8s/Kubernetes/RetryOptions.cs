namespace DaskK8s;

/// <summary>The retry policy for idempotent calls of the Kubernetes API after a 429, a 5xx or a dropped connection.</summary>
/// <remarks>A 401 and a 403 are never repeated, nor is anything inside a live tunnel. A <c>Retry-After</c> of the server is honoured.</remarks>
public sealed record RetryOptions
{
    /// <summary>Gets how often a call is sent at most.</summary>
    /// <value>4: the first time and three repeats. 1 switches retries off.</value>
    public int MaxAttempts { get; init; } = 4;

    /// <summary>Gets the wait before the first repeat; it doubles from there, with jitter.</summary>
    /// <value>200 ms.</value>
    public TimeSpan BaseDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Gets the longest wait before a repeat; a longer <c>Retry-After</c> ends the retries.</summary>
    /// <value>10 s; at most a day.</value>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan LongestDelay = TimeSpan.FromDays(1);

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxAttempts, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(BaseDelay, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxDelay, BaseDelay);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxDelay, LongestDelay);
    }
}
