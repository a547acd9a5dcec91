namespace DaskK8s.Dask.Protocol;

/// <summary>Monitors connection attempts to a scheduler, and ends them if the scheduler no longer exists.</summary>
/// <param name="explain">Returns why the scheduler does not exist, or null if it should exist.</param>
/// <param name="time">The clock.</param>
internal sealed class SchedulerAbsence(Func<CancellationToken, Task<string?>> explain, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Creates an endpoint whose connection attempts end as soon as the scheduler is known to be gone.</summary>
    public SchedulerEndpoint Watch(SchedulerEndpoint endpoint) => endpoint with { Dialer = ct => DialAsync(endpoint, ct) };

    private async ValueTask<Stream> DialAsync(SchedulerEndpoint endpoint, CancellationToken cancellationToken)
    {
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<Stream> dialling = endpoint.Dialer(ending.Token).AsTask();
        while (true)
        {
            await Task.WhenAny(dialling, Task.Delay(Patience, time, ending.Token)).ConfigureAwait(false);
            if (dialling.IsCompletedSuccessfully || cancellationToken.IsCancellationRequested)
            {
                return await dialling.ConfigureAwait(false);
            }

            if (await explain(cancellationToken).ConfigureAwait(false) is { } reason)
            {
                await ending.CancelAsync().ConfigureAwait(false);
                await ((Task)dialling).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (dialling.IsCompletedSuccessfully)
                {
                    await (await dialling.ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
                }

                throw new SchedulerUnreachableException(endpoint.Address, reason) { IsGone = true };
            }

            if (dialling.IsCompleted)
            {
                return await dialling.ConfigureAwait(false);
            }
        }
    }
}
