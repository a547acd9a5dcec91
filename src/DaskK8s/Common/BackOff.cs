namespace DaskK8s.Common;

/// <summary>The delays of a retry loop: each is twice the previous one up to a limit, minus up to 20 % at random, so that clients spread out.</summary>
/// <param name="first">The first delay.</param>
/// <param name="longest">The maximum delay, unless the server requests a longer one.</param>
internal sealed class BackOff(TimeSpan first, TimeSpan longest)
{
    private TimeSpan _last;

    /// <summary>Returns the next delay.</summary>
    /// <param name="asked">The delay that the server requested (<c>Retry-After</c>), or null; used if it is longer.</param>
    /// <returns>The delay.</returns>
    public TimeSpan Next(TimeSpan? asked = null)
    {
        TimeSpan pause = _last == default ? first : _last * 2 < longest ? _last * 2 : longest;
        _last = pause;
#pragma warning disable CA5394 // Nothing secret hangs on it.
        pause *= 1 - (0.2 * Random.Shared.NextDouble());
#pragma warning restore CA5394
        return asked > pause ? asked.Value : pause;
    }

    /// <summary>Resets the delay after a success.</summary>
    public void Reset() => _last = default;
}
