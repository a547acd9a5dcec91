namespace DaskK8s.Dask.Protocol;

/// <summary>Watches over the dialling of a scheduler: one that does not exist any more is not waited for.</summary>
/// <param name="explain">Says why the scheduler is not there, or null where it should be.</param>
/// <param name="time">The clock.</param>
internal sealed class SchedulerAbsence(Func<CancellationToken, Task<string?>> explain, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Creates an endpoint whose dialling ends as soon as the scheduler is known to be gone.</summary>
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
