using System.Text.Json;

using DaskK8s.Dask.Protocol;
using DaskK8s.Dask.Rpc;
using DaskK8s.Dask.Tasks;

using MessagePack;

namespace DaskK8s.Dask;

/// <summary>Runs functions on workers and on the scheduler outside tasks, like Python's <c>client.run</c>.</summary>
internal sealed class OutOfBand(SchedulerRpc rpc, JsonSerializerOptions json)
{
    /// <summary>Runs a function on workers.</summary>
    /// <returns>The answers in the order of the workers.</returns>
    public async Task<IReadOnlyList<DaskAnswer<T>>> RunOnWorkersAsync<T>(
        PythonFunction function, byte[] arguments, IReadOnlyCollection<string>? workers, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        object? reply = await CallAsync("run", function, arguments, workers, timeout, cancellationToken).ConfigureAwait(false);
        List<DaskAnswer<T>> answers = [];
        foreach (object? item in reply as object?[] ?? throw Unexpected("run"))
        {
            if (item is not object?[] { Length: 2 } pair || pair[0] is not string worker)
            {
                throw Unexpected("run");
            }

            answers.Add(pair[1] is SerializedValue value ? Read<T>(worker, function.Name, value.OpenBytes(), value.Budget) : new DaskAnswer<T>(worker, Gone(worker, function.Name)));
        }

        return answers;
    }

    /// <summary>Runs a function on the scheduler.</summary>
    public async Task<T> RunOnSchedulerAsync<T>(PythonFunction function, byte[] arguments, TimeSpan? timeout, CancellationToken cancellationToken) =>
        await CallAsync("run_here", function, arguments, null, timeout, cancellationToken).ConfigureAwait(false) is byte[] value
            ? Read<T>(rpc.Address, function.Name, value, null).ResultOrThrow()
            : throw Unexpected("run_here");

    private DaskAnswer<T> Read<T>(string worker, string name, ReadOnlyMemory<byte> data, DecodingBudget? budget) =>
        Msgpack.Decode(new DaskMessage([data], budget), (ref MessagePackReader reader, DaskMessage message) =>
        {
            if (reader.ReadArrayHeader() != 3)
            {
                throw new DaskProtocolException($"The answer of {worker} to '{name}' has an unexpected form.");
            }

            if (!reader.ReadBoolean())
            {
                PythonError error = PythonError.Parse(reader.ReadText() ?? string.Empty, reader.ReadText() ?? string.Empty);
                return new DaskAnswer<T>(worker, new DaskTaskException(
                    name, $"'{name}' failed on {worker} with {error.Type}: {error.Message}", error.Type, error.Message, error.Traceback));
            }

            try
            {
                return reader.NextMessagePackType == MessagePackType.Binary
                    ? new DaskAnswer<T>(worker, ResultReader.Read<T>(name, reader.ReadBytes()!.Value.First, message.Budget, json))
                    : new DaskAnswer<T>(worker, ResultFetcher.Refused(name, ref reader));
            }
            catch (DaskResultException e)
            {
                return new DaskAnswer<T>(worker, e);
            }
        });

    private async Task<object?> CallAsync(
        string verb, PythonFunction function, byte[] arguments, IReadOnlyCollection<string>? workers, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        Dictionary<string, object?> given = new()
        {
            ["function"] = function.Id,
            ["definition"] = SessionMessages.Definition(function),
            ["arguments"] = arguments,
        };
        if (workers is not null)
        {
            given["workers"] = workers.ToArray();
        }

        return await SchedulerModule.Session.CallAsync(
            rpc, new RpcCall(SchedulerModule.Session.Operation(verb)) { Arguments = given, Timeout = timeout }, cancellationToken).ConfigureAwait(false);
    }

    private static DaskTaskLostException Gone(string worker, string name) =>
        new(name, DaskFutureStatus.Lost, $"the worker {worker} is gone, or left before it answered");

    private static DaskProtocolException Unexpected(string operation) => new($"The scheduler's answer to '{operation}' has an unexpected form.");
}
