using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using DaskK8s.Testing.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace DaskK8s.Testing.Api;

/// <summary>Streams changes as lines of JSON.</summary>
[SuppressMessage("Reliability", "CA1001", Justification = "A token source without a timer and without a wait handle holds nothing to release.")]
internal sealed class WatchHandler(ObjectStore store, EmbeddedClusterOptions options)
{
    private static readonly byte[] NewLine = "\n"u8.ToArray();

    private readonly Lock _gate = new();
    private CancellationTokenSource _expiry = new();
    private TaskCompletionSource? _stall;

    /// <summary>Ends the open watches with an error event.</summary>
    public void Expire()
    {
        lock (_gate)
        {
            _expiry.Cancel();
            _expiry = new CancellationTokenSource();
        }
    }

    public IDisposable Stall()
    {
        TaskCompletionSource stall = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _stall = stall;
        return new Stalling(stall);
    }

    public async Task HandleAsync(HttpContext context, RequestInfo info, CancellationToken stopping)
    {
        IQueryCollection query = context.Request.Query;
        WatchFilter filter = new(info, LabelSelector.Parse(query["labelSelector"]), FieldSelector.Parse(query["fieldSelector"], info.Type));
        bool bookmarks = query["allowWatchBookmarks"].ToString() is "true" or "1";
        bool initial = query["sendInitialEvents"].ToString() is "true" or "1";
        TimeSpan limit = int.TryParse(query["timeoutSeconds"], CultureInfo.InvariantCulture, out int seconds) && seconds > 0 ? TimeSpan.FromSeconds(seconds) : TimeSpan.FromMinutes(45);
        Channel<StoreEvent> changes = Channel.CreateUnbounded<StoreEvent>(new UnboundedChannelOptions { SingleReader = true });

        void Listener(StoreEvent change)
        {
            if (change.Object.Key.Type == info.Type)
            {
                changes.Writer.TryWrite(change);
            }
        }

        string asked = query["resourceVersion"].ToString();
        bool metadataOnly = Respond.WantsMetadataOnly(context.Request);
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        try
        {
            (List<byte[]> first, long version) = Begin(asked, initial, filter, Listener, metadataOnly, info.Type);
            context.Response.StatusCode = 200;
            context.Response.ContentType = "application/json";
            context.Response.Headers.CacheControl = "no-cache, private";
            await context.Response.StartAsync(context.RequestAborted).ConfigureAwait(false);
            foreach (byte[] line in first)
            {
                await WriteLineAsync(context, line).ConfigureAwait(false);
            }

            await context.Response.Body.FlushAsync(context.RequestAborted).ConfigureAwait(false);
            if (version < 0)
            {
                return;
            }

            CancellationToken expiry;
            lock (_gate)
            {
                expiry = _expiry.Token;
            }

            using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping, expiry);
            end.CancelAfter(limit);
            await StreamAsync(context, filter, changes.Reader, bookmarks, metadataOnly, info.Type, end.Token).ConfigureAwait(false);
            if (expiry.IsCancellationRequested)
            {
                await WriteLineAsync(context, Line("ERROR", Json.ToUtf8(ApiException.Expired($"too old resource version: {asked} ({store.Compacted})").ToStatus()))).ConfigureAwait(false);
            }
            else if (bookmarks && !context.RequestAborted.IsCancellationRequested && !stopping.IsCancellationRequested)
            {
                await WriteLineAsync(context, Bookmark(info.Type, store.Version, false)).ConfigureAwait(false);
            }
        }
        finally
        {
            store.Unlisten(Listener);
        }
    }

    private static byte[] Line(string kind, ReadOnlySpan<byte> value)
    {
        ArrayBufferWriter<byte> buffer = new(value.Length + 64);
        buffer.Write(Encoding.UTF8.GetBytes($"{{\"type\":\"{kind}\",\"object\":"));
        buffer.Write(value);
        buffer.Write("}"u8);
        return buffer.WrittenSpan.ToArray();
    }

    private static byte[] Line(string kind, StoredObject stored, bool metadataOnly) =>
        Line(kind, metadataOnly ? Json.ToUtf8(Respond.MetadataOnly(stored)) : stored.Whole);

    private static byte[] Bookmark(ResourceType type, long version, bool initialEnd)
    {
        JsonObject metadata = new() { ["resourceVersion"] = version.ToString(CultureInfo.InvariantCulture), ["creationTimestamp"] = null };
        if (initialEnd)
        {
            metadata["annotations"] = new JsonObject { ["k8s.io/initial-events-end"] = "true" };
        }

        return Line("BOOKMARK", Json.ToUtf8(new JsonObject { ["kind"] = type.Kind, ["apiVersion"] = type.ApiVersion, ["metadata"] = metadata }));
    }

    private static async Task WriteLineAsync(HttpContext context, byte[] line)
    {
        await context.Response.Body.WriteAsync(line, context.RequestAborted).ConfigureAwait(false);
        await context.Response.Body.WriteAsync(NewLine, context.RequestAborted).ConfigureAwait(false);
    }

    /// <summary>Starts to listen and returns the initial events; the version is negative if the watch is rejected.</summary>
    private (List<byte[]> Lines, long Version) Begin(string asked, bool initial, WatchFilter filter, Action<StoreEvent> listener, bool metadataOnly, ResourceType type) => store.Locked(() =>
    {
        List<byte[]> lines = [];
        if (asked is "" or "0" || initial)
        {
            (IReadOnlyList<StoredObject> items, long version) = store.List(type);
            store.Listen(listener);
            lines.AddRange(items.Where(filter.Matches).Select(item => Line("ADDED", item, metadataOnly)));
            if (initial)
            {
                lines.Add(Bookmark(type, version, true));
            }

            return (lines, version);
        }

        long since = long.TryParse(asked, CultureInfo.InvariantCulture, out long number)
            ? number
            : throw ApiException.BadRequest($"invalid resource version \"{asked}\": strconv.ParseUint: parsing \"{asked}\": invalid syntax");
        if (store.ListenSince(since, listener) is not { } missed)
        {
            lines.Add(Line("ERROR", Json.ToUtf8(ApiException.Expired($"too old resource version: {since} ({store.Compacted})").ToStatus())));
            return (lines, -1);
        }

        foreach (StoreEvent change in missed.Where(change => change.Object.Key.Type == type))
        {
            if (filter.Translate(change) is { } translated)
            {
                lines.Add(Line(translated.Kind, translated.Object, metadataOnly));
            }
        }

        return (lines, store.Version);
    });

    private async Task StreamAsync(HttpContext context, WatchFilter filter, ChannelReader<StoreEvent> changes, bool bookmarks, bool metadataOnly, ResourceType type, CancellationToken end)
    {
        DateTimeOffset nextBookmark = DateTimeOffset.UtcNow + options.BookmarkInterval;
        while (!end.IsCancellationRequested)
        {
            try
            {
                TimeSpan pause = bookmarks ? nextBookmark - DateTimeOffset.UtcNow : Timeout.InfiniteTimeSpan;
                if (bookmarks && pause <= TimeSpan.Zero)
                {
                    await WriteLineAsync(context, Bookmark(type, store.Version, false)).ConfigureAwait(false);
                    await context.Response.Body.FlushAsync(end).ConfigureAwait(false);
                    nextBookmark = DateTimeOffset.UtcNow + options.BookmarkInterval;
                    continue;
                }

                await changes.WaitToReadAsync(end).AsTask().WaitAsync(pause, end).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                continue;
            }
            catch (OperationCanceledException)
            {
                return;
            }

            if (_stall is { } stall)
            {
                try
                {
                    await stall.Task.WaitAsync(end).ConfigureAwait(false);
                }
                catch (OperationCanceledException)
                {
                    return;
                }
            }

            while (changes.TryRead(out StoreEvent? change))
            {
                if (filter.Translate(change) is { } translated)
                {
                    await WriteLineAsync(context, Line(translated.Kind, translated.Object, metadataOnly)).ConfigureAwait(false);
                }
            }

            await context.Response.Body.FlushAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    private sealed class Stalling(TaskCompletionSource stall) : IDisposable
    {
        public void Dispose() => stall.TrySetResult();
    }
}
