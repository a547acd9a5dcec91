namespace DaskK8s.Tests.Rigs;

/// <summary>Waits for what no event tells.</summary>
internal static class Poll
{
    /// <summary>Asks again until the answer is true.</summary>
    /// <exception cref="TimeoutException">The answer was not true in time.</exception>
    public static Task UntilAsync(Func<bool> condition, int seconds = 60) => UntilAsync(() => Task.FromResult(condition()), seconds);

    /// <summary>Asks again until the answer is true.</summary>
    /// <exception cref="TimeoutException">The answer was not true in time.</exception>
    public static async Task UntilAsync(Func<Task<bool>> condition, int seconds = 60)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(start) > TimeSpan.FromSeconds(seconds))
            {
                throw new TimeoutException($"It did not become true within {seconds} s.");
            }

            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }
}
