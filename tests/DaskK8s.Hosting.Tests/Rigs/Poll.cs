namespace DaskK8s.Hosting.Tests.Rigs;

/// <summary>Waits for what a test waits for.</summary>
internal static class Poll
{
    /// <summary>Asks again until the answer is true.</summary>
    public static async Task UntilAsync(Func<Task<bool>> condition, CancellationToken cancellationToken, int seconds = 60)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(seconds));
        while (!await condition())
        {
            await Task.Delay(50, limit.Token);
        }
    }
}
