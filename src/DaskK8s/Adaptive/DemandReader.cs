using System.Text.Json;

using DaskK8s.Common;
using DaskK8s.Dask.Rpc;

namespace DaskK8s.Adaptive;

/// <summary>Reads from a scheduler what its tasks require, in one small call, however many tasks and workers there are.</summary>
internal sealed class DemandReader(SchedulerRpc rpc)
{
    /// <summary>Gets whether the scheduler refuses to run functions: the amount of work is then known, but not what it requires.</summary>
    public bool IsBlocked { get; private set; }

    /// <summary>Reads the demand.</summary>
    public async Task<DemandSnapshot> ReadAsync(TimeSpan targetDuration, CancellationToken cancellationToken)
    {
        if (!IsBlocked)
        {
            try
            {
                return Decode(await SchedulerModule.Demand.CallAsync(rpc, [], null, cancellationToken).ConfigureAwait(false));
            }
            catch (DaskRpcException e) when (SchedulerModule.IsBlocked(e))
            {
                IsBlocked = true;
            }
        }

        return await ReadPlainlyAsync(targetDuration, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Decodes an answer; an impossible value is an error.</summary>
    /// <exception cref="DaskProtocolException">A field is missing, has the wrong type, is negative or is too large.</exception>
    internal static DemandSnapshot Decode(JsonElement answer)
    {
        try
        {
            DemandSnapshot demand = Parse(answer);
            return demand.Requirements.All(static r => r is { Waiting: >= 0, Processing: >= 0 } && IsCount(r.Seconds) && r.Resources.Values.All(IsCount))
                && demand.Kinds.All(static k => k is { Threads: >= 0, Workers: >= 0, Bytes: >= 0, Limit: >= 0 } && k.Resources.Values.All(IsCount))
                    ? demand
                    : throw new DaskProtocolException("The scheduler's answer about the demand contains impossible numbers.");
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException or OverflowException)
        {
            throw new DaskProtocolException($"The scheduler's answer about the demand cannot be read: {Words.OneLine(e.Message)}");
        }
    }

    private static bool IsCount(double value) => double.IsFinite(value) && value >= 0;

    private static DemandSnapshot Parse(JsonElement answer) => new(
        [
            .. answer.GetProperty("requirements").EnumerateArray().Select(static r => new TaskRequirement(
                Resources(r), r.GetProperty("bound").GetBoolean(), r.GetProperty("waiting").GetInt32(), r.GetProperty("processing").GetInt32(), r.GetProperty("seconds").GetDouble())),
        ],
        [
            .. answer.GetProperty("kinds").EnumerateArray().Select(static k => new WorkerKind(
                Resources(k),
                k.GetProperty("threads").GetInt32(),
                k.GetProperty("workers").GetInt32(),
                k.GetProperty("bytes").GetInt64(),
                k.GetProperty("limit").GetInt64())),
        ]);

    private static Dictionary<string, double> Resources(JsonElement of) =>
        of.GetProperty("resources").EnumerateObject().ToDictionary(static r => r.Name, static r => r.Value.GetDouble(), StringComparer.Ordinal);

    /// <summary>Reads Dask's own number for the whole cluster; all tasks count as plain tasks.</summary>
    private async Task<DemandSnapshot> ReadPlainlyAsync(TimeSpan targetDuration, CancellationToken cancellationToken)
    {
        int workers = await rpc.AdaptiveTargetAsync(targetDuration, cancellationToken).ConfigureAwait(false);
        SchedulerInfo info = await rpc.IdentityAsync(cancellationToken).ConfigureAwait(false);
        int threads = info.Workers.Count == 0 ? 1 : (int)Math.Ceiling(info.Workers.Average(static w => (double)Math.Max(1, w.Threads)));
        int tasks = workers * threads;
        return new DemandSnapshot(
            [new TaskRequirement(new Dictionary<string, double>(), false, 0, tasks, tasks * targetDuration.TotalSeconds)],
            [
                .. info.Workers.GroupBy(static w => (string.Join(',', w.Resources.OrderBy(static r => r.Key)), w.Threads)).Select(static g => new WorkerKind(
                    g.First().Resources,
                    g.Key.Threads,
                    g.Count(),
                    // What results take is not told; that there are some keeps one worker for them.
                    g.Sum(static w => w.Tasks.InMemory > 0 ? 1L : 0),
                    g.Sum(static w => w.MemoryLimit))),
            ]);
    }
}
