using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace DaskK8s.Dask.Rpc;

/// <summary>Counts the workers of a scheduler by host; each answer contains the hosts that changed since the previous one.</summary>
internal sealed class WorkerHosts(SchedulerRpc rpc)
{
    private volatile State _state = new(null, ImmutableDictionary.Create<string, int>(StringComparer.Ordinal));

    /// <summary>Reads the scheduler, and the number of workers at each host.</summary>
    public async Task<(SchedulerInfo Scheduler, IReadOnlyDictionary<string, int> Hosts)> CountAsync(CancellationToken cancellationToken)
    {
        SchedulerInfo info = await rpc.SummaryAsync(cancellationToken).ConfigureAwait(false);
        if (!info.HasAllWorkers)
        {
            if (await ReadAsync(cancellationToken).ConfigureAwait(false) is { } hosts)
            {
                return (info, hosts);
            }

            info = await rpc.IdentityAsync(cancellationToken).ConfigureAwait(false);
        }

        return (info, info.Workers.CountBy(static w => w.Host, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal));
    }

    /// <summary>Reads the number of workers at each host.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The numbers; null if the scheduler does not run functions.</returns>
    public async Task<IReadOnlyDictionary<string, int>?> ReadAsync(CancellationToken cancellationToken)
    {
        State before = _state;
        JsonElement answer;
        try
        {
            answer = await SchedulerModule.Workers.CallAsync(rpc, new JsonObject { ["since"] = before.Mark?.DeepClone() }, null, cancellationToken).ConfigureAwait(false);
        }
        catch (DaskRpcException e) when (SchedulerModule.IsBlocked(e))
        {
            return null;
        }

        try
        {
            // Of two who ask at once each has an answer of its own, and the next one goes on from either.
            return (_state = Apply(before, answer)).Hosts;
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new DaskProtocolException($"The scheduler's answer about its workers cannot be read: {e.Message}");
        }
    }

    private static State Apply(State before, JsonElement answer)
    {
        ImmutableDictionary<string, int>.Builder hosts = (answer.GetProperty("full").GetBoolean() ? before.Hosts.Clear() : before.Hosts).ToBuilder();
        foreach (JsonProperty host in answer.GetProperty("hosts").EnumerateObject())
        {
            if (host.Value.GetInt32() is > 0 and int number)
            {
                hosts[host.Name] = number;
            }
            else
            {
                hosts.Remove(host.Name);
            }
        }

        return new State(JsonNode.Parse(answer.GetProperty("mark").GetRawText()), hosts.ToImmutable());
    }

    private sealed record State(JsonNode? Mark, ImmutableDictionary<string, int> Hosts);
}
