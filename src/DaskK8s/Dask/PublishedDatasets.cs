using DaskK8s.Dask.Rpc;

namespace DaskK8s.Dask;

/// <summary>The published datasets of a scheduler, which are shared with Python clients.</summary>
internal sealed class PublishedDatasets(SchedulerRpc rpc)
{
    /// <summary>Publishes keys under a name.</summary>
    /// <exception cref="DaskDatasetException">The name is already in use.</exception>
    /// <exception cref="DaskTaskLostException">The scheduler has no task for one of the keys.</exception>
    public async Task PublishAsync(string name, IReadOnlyList<string> keys, bool single, bool overwrite, CancellationToken cancellationToken)
    {
        Dictionary<string, object?> reply = await CallAsync(
            "publish",
            new() { ["name"] = name, ["keys"] = keys.ToArray(), ["single"] = single, ["override"] = overwrite },
            cancellationToken).ConfigureAwait(false);
        switch (reply["outcome"])
        {
            case "OK":
                return;
            case "taken":
                throw new DaskDatasetException(
                    name, $"The name '{name}' is taken on the scheduler at {rpc.Address}. Choose another one, unpublish it first, or overwrite it.");
            default:
                string lost = (reply.GetValueOrDefault("keys") as object?[])?.OfType<string>().FirstOrDefault() ?? keys[0];
                throw new DaskTaskLostException(lost, DaskFutureStatus.Lost, $"the scheduler does not know it, so it cannot be published as '{name}'");
        }
    }

    /// <summary>Reads the keys that are published under a name, in order.</summary>
    /// <exception cref="DaskDatasetException">Nothing is published under the name, or it does not consist of futures.</exception>
    public async Task<IReadOnlyList<string>> FindAsync(string name, CancellationToken cancellationToken)
    {
        Dictionary<string, object?> reply = await CallAsync("published", new() { ["name"] = name }, cancellationToken).ConfigureAwait(false);
        return reply["outcome"] switch
        {
            "OK" => [.. (reply.GetValueOrDefault("keys") as object?[] ?? []).OfType<string>()],
            "none" => throw new DaskDatasetException(
                name, $"Nothing is published as '{name}' on the scheduler at {rpc.Address}. It may have been unpublished, or the scheduler restarted."),
            _ => throw new DaskDatasetException(
                name, $"What is published as '{name}' is not made of futures with text keys. Read it in Python: RunScriptAsync with client.get_dataset('{name}')."),
        };
    }

    /// <summary>Reads the names of all publications, in order.</summary>
    public async Task<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken) =>
        await rpc.CallAsync(new RpcCall("publish_list") { Idempotent = true }, cancellationToken).ConfigureAwait(false) is object?[] names
            ? [.. names.OfType<string>()]
            : throw new DaskProtocolException("The scheduler's answer to 'publish_list' is not a list.");

    /// <summary>Ends a publication.</summary>
    /// <returns>Whether it existed.</returns>
    public async Task<bool> UnpublishAsync(string name, CancellationToken cancellationToken) =>
        (await CallAsync("unpublish", new() { ["name"] = name }, cancellationToken).ConfigureAwait(false))["outcome"] is "OK";

    private Task<Dictionary<string, object?>> CallAsync(string verb, Dictionary<string, object?> arguments, CancellationToken cancellationToken) =>
        SchedulerModule.Session.CallAsync(rpc, verb, arguments, null, cancellationToken);
}
