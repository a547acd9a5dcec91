using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using DaskK8s.Testing.Api;
using DaskK8s.Testing.Processes;
using DaskK8s.Testing.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace DaskK8s.Testing.Controllers;

/// <summary>Answers <c>pods/log</c>.</summary>
internal sealed class LogHandler(ObjectStore store, Kubelet kubelet)
{
    public async Task HandleAsync(HttpContext context, RequestInfo info, CancellationToken stopping)
    {
        IQueryCollection query = context.Request.Query;
        StoredObject pod = store.Get(info.Key) ?? throw ApiException.NotFound(info.Key);
        string container = ContainerOf(pod, query["container"]);
        LogBuffer? log = BufferOf(pod, container, Flag(query, "previous"));
        bool follow = Flag(query, "follow") && !Flag(query, "previous");
        bool timestamps = Flag(query, "timestamps");
        long left = Whole(query, "limitBytes") ?? long.MaxValue;
        DateTimeOffset? since = Whole(query, "sinceSeconds") is { } seconds ? store.Time.GetUtcNow() - TimeSpan.FromSeconds(seconds) : PodState.Time(query["sinceTime"]);
        long? tail = Whole(query, "tailLines");

        context.Response.StatusCode = 200;
        context.Response.ContentType = "text/plain";
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        await context.Response.StartAsync(context.RequestAborted).ConfigureAwait(false);
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        int next = 0;
        while (log is not null && left > 0)
        {
            (IReadOnlyList<(DateTimeOffset Time, string Line)> lines, next, Task? more) = log.Read(next);
            IEnumerable<(DateTimeOffset Time, string Line)> chosen = since is null ? lines : lines.Where(line => line.Time >= since);
            if (tail is { } count)
            {
                chosen = chosen.TakeLast((int)Math.Min(count, int.MaxValue));
                tail = null;
            }

            foreach ((DateTimeOffset time, string line) in chosen)
            {
                string text = timestamps ? $"{time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff", CultureInfo.InvariantCulture)}00Z {line}\n" : $"{line}\n";
                byte[] bytes = Encoding.UTF8.GetBytes(text);
                int length = (int)Math.Min(left, bytes.Length);
                await context.Response.Body.WriteAsync(bytes.AsMemory(0, length), context.RequestAborted).ConfigureAwait(false);
                left -= length;
                if (left == 0)
                {
                    break;
                }
            }

            await context.Response.Body.FlushAsync(context.RequestAborted).ConfigureAwait(false);
            if (!follow || more is null)
            {
                return;
            }

            try
            {
                await more.WaitAsync(end.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private static bool Flag(IQueryCollection query, string name) => query[name].ToString() is "true" or "1";

    private static long? Whole(IQueryCollection query, string name) => query[name].ToString() switch
    {
        "" => null,
        var text when long.TryParse(text, CultureInfo.InvariantCulture, out long number) && number >= 0 => number,
        var text => throw new ApiException(422, "Invalid", $"PodLogOptions \"\" is invalid: {name}: Invalid value: {text}: must be greater than or equal to 0"),
    };

    private static string ContainerOf(StoredObject pod, string? asked)
    {
        List<string> names = [.. pod.Value.Objects("spec", "containers").Select(container => container.Text("name") ?? string.Empty)];
        if (!string.IsNullOrEmpty(asked))
        {
            return names.Contains(asked) ? asked : throw ApiException.BadRequest($"container {asked} is not valid for pod {pod.Key.Name}");
        }

        return names.Count == 1
            ? names[0]
            : throw ApiException.BadRequest($"a container name must be specified for pod {pod.Key.Name}, choose one of: [{string.Join(' ', names)}]");
    }

    private LogBuffer? BufferOf(StoredObject pod, string container, bool previous)
    {
        JsonObject? waiting = pod.Value.Objects("status", "containerStatuses").FirstOrDefault(status => status.Text("name") == container).At("state", "waiting") as JsonObject;
        ContainerRun? run = kubelet.RunOf(pod)?.Containers.FirstOrDefault(item => item.Name == container);
        if (pod.Value.Text("spec", "nodeName") is null or "")
        {
            return null;
        }

        if (previous)
        {
            return run?.Previous ?? throw ApiException.BadRequest($"previous terminated container \"{container}\" in pod \"{pod.Key.Name}\" not found");
        }

        if (waiting is not null && run is not { Restarts: > 0 })
        {
            string reason = waiting.Text("reason") ?? "ContainerCreating";
            string what = reason is "ErrImagePull" or "ImagePullBackOff" ? $"trying and failing to pull image" : reason;
            throw ApiException.BadRequest($"container \"{container}\" in pod \"{pod.Key.Name}\" is waiting to start: {what}");
        }

        return run?.Log;
    }
}
