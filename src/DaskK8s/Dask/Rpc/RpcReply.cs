using DaskK8s.Dask.Protocol;

using MessagePack;

namespace DaskK8s.Dask.Rpc;

/// <summary>Distinguishes answers from errors (<c>distributed.core.error_message</c>).</summary>
internal static class RpcReply
{
    /// <summary>Throws if the message is an error from the scheduler.</summary>
    /// <param name="message">The answer.</param>
    /// <param name="operation">The operation that was called.</param>
    /// <param name="address">The scheduler's address.</param>
    /// <exception cref="DaskRpcException">The answer is an error.</exception>
    public static void ThrowIfError(DaskMessage message, string operation, string address)
    {
        (string? status, string? exception, string? traceback) = Msgpack.Decode(message, ReadError);
        if (status is not ("error" or "uncaught-error"))
        {
            return;
        }

        throw new DaskRpcException(
            operation,
            $"The scheduler at {address} failed in '{operation}': {exception ?? "no reason was given"}",
            exception,
            traceback);
    }

    private static (string? Status, string? Exception, string? Traceback) ReadError(
        ref MessagePackReader reader, DaskMessage message)
    {
        if (reader.NextMessagePackType != MessagePackType.Map)
        {
            return default;
        }

        string? status = null, exception = null, traceback = null;
        int count = reader.ReadMapHeader();
        for (int i = 0; i < count && reader.NextMessagePackType == MessagePackType.String; i++)
        {
            switch (reader.ReadString())
            {
                case "status":
                    status = reader.ReadText();
                    break;
                case "exception_text":
                    exception = reader.ReadText();
                    break;
                case "traceback_text":
                    traceback = reader.ReadText();
                    break;
                case "exception" or "traceback" or "keys":
                    reader.SkipValue();
                    break;
                default:
                    // Errors hold these keys only: a large answer is not searched to its end.
                    return (status, exception, traceback);
            }
        }

        return (status, exception, traceback);
    }
}
