namespace DaskK8s.Common;

/// <summary>The pauses of a loop that tries again: each twice the last one up to a limit, with a random fifth taken off, so that many clients do not come at once.</summary>
/// <param name="first">The first pause.</param>
/// <param name="longest">The longest pause, unless the other side asks for a longer one.</param>
internal sealed class BackOff(TimeSpan first, TimeSpan longest)
{
    private TimeSpan _last;

    /// <summary>Returns the next pause.</summary>
    /// <param name="asked">What the other side asked for (<c>Retry-After</c>), or null; it is honoured where it is longer.</param>
    /// <returns>The pause.</returns>
    public TimeSpan Next(TimeSpan? asked = null)
    {
        TimeSpan pause = _last == default ? first : _last * 2 < longest ? _last * 2 : longest;
        _last = pause;
#pragma warning disable CA5394 // Nothing secret hangs on it.
        pause *= 1 - (0.2 * Random.Shared.NextDouble());
#pragma warning restore CA5394
        return asked > pause ? asked.Value : pause;
    }

    /// <summary>Begins again with the first pause: something has succeeded.</summary>
    public void Reset() => _last = default;
}
