namespace DaskK8s.Hosting.Connection;

/// <summary>The pause between attempts to connect: 1 s, doubled each time, up to 30 s.</summary>
internal sealed class ReconnectPause
{
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    private TimeSpan _next = Shortest;

    /// <summary>Returns the pause before the next attempt, and lengthens the one after it.</summary>
    public TimeSpan Next()
    {
        TimeSpan now = _next;
        _next = TimeSpan.FromTicks(Math.Min(2 * now.Ticks, Longest.Ticks));
        return now;
    }

    /// <summary>Resets the pause to its initial length, after a success.</summary>
    public void Reset() => _next = Shortest;
}
