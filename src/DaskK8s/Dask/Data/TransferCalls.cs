using DaskK8s.Common;
using DaskK8s.Dask.Rpc;

namespace DaskK8s.Dask.Data;

/// <summary>The calls of a transfer. Each call is idempotent, so that a lost connection does not end the transfer.</summary>
internal static class TransferCalls
{
    private const int Tries = 4;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    /// <summary>Calls an operation and retries it if the connection breaks.</summary>
    /// <exception cref="DaskRpcException">The scheduler does not know the operation because it restarted.</exception>
    public static async Task<Dictionary<string, object?>> CallTransferAsync(
        this SchedulerRpc rpc,
        string verb,
        Dictionary<string, object?> arguments,
        CancellationToken cancellationToken,
        (string Name, ReadOnlyMemory<byte> Bytes)? raw = null)
    {
        RpcCall call = new(SchedulerModule.Session.Operation(verb)) { Arguments = arguments, Raw = raw, Idempotent = true, Timeout = Limit };
        BackOff pauses = new(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(1));
        for (int tries = 1; ; tries++)
        {
            try
            {
                return await rpc.CallAsync(call, cancellationToken).ConfigureAwait(false) as Dictionary<string, object?>
                    ?? throw new DaskRpcException(call.Operation, $"The scheduler at {rpc.Address} has restarted and does not know '{call.Operation}' yet. Try again.");
            }
            catch (SchedulerUnreachableException e) when (!e.IsGone && tries < Tries)
            {
                await Task.Delay(pauses.Next(), cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
