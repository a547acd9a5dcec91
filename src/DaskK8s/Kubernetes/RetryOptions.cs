namespace DaskK8s;

/// <summary>The retry policy for idempotent calls of the Kubernetes API after a 429, a 5xx or a dropped connection.</summary>
/// <remarks>A 401 or 403 is never retried, nor is anything inside a live tunnel. A <c>Retry-After</c> of the server is honored.</remarks>
public sealed record RetryOptions
{
    /// <summary>Gets the maximum number of attempts for a call.</summary>
    /// <value>4: the first attempt and three retries. 1 disables retries.</value>
    public int MaxAttempts { get; init; } = 4;

    /// <summary>Gets the delay before the first retry; it doubles for each further retry, with jitter.</summary>
    /// <value>200 ms.</value>
    public TimeSpan BaseDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Gets the maximum delay before a retry; a longer <c>Retry-After</c> ends the retries.</summary>
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
