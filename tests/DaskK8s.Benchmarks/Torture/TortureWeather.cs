using DaskK8s.Testing;

using k8s;
using k8s.Models;

namespace DaskK8s.Benchmarks.Torture;

/// <summary>Lets API server, tunnel and pods misbehave at random.</summary>
internal sealed class TortureWeather(EmbeddedCluster cluster, int seed, bool kills)
{
    private static readonly string[] Bodies =
    [
        "null", "{}", "[]", "7", "<html>Log in</html>", "{\"items\":[null]}", "{\"items\":[{}]}", "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"message\":\"\\u001b[31mred\\r\\n\"}",
        "{\"kind\":\"PodList\",\"items\":[{\"metadata\":{\"name\":\"a\\u0007\",\"uid\":\"1\"}}]}", new string(' ', 4 << 20) + "{", "{\"type\":\"ADDED\",\"object\":{}}\n", "\"\\ud800\"",
    ];

    private static readonly int[] Statuses = [403, 404, 409, 410, 429, 500, 503, 504];
    private static readonly string?[] Resources = [null, "pods", "deployments", "secrets", "pods/log", "pods/portforward", "events"];
    private static readonly string?[] Verbs = [null, null, "list", "watch", "get", "patch"];

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Random _random = new(seed);

    /// <summary>Gets what the weather does now, or did when it got stuck.</summary>
    public string Doing { get; private set; } = "nothing";

    public async Task RunAsync(CancellationToken end)
    {
        List<(DateTime Until, IDisposable Fault)> faults = [];
        try
        {
            while (true)
            {
                Doing = "waiting";
                await Task.Delay(_random.Next(50, 400), end);
                Doing = "ending and adding faults";
                foreach ((DateTime until, IDisposable fault) in faults.Where(static f => f.Until < DateTime.UtcNow).ToArray())
                {
                    fault.Dispose();
                    faults.Remove((until, fault));
                }

                if (faults.Count < 2 && _random.Next(3) > 0)
                {
                    faults.Add((DateTime.UtcNow.AddMilliseconds(_random.Next(50, 1500)), cluster.Faults.AddHttp(NextFault())));
                }

                await StrikeAsync(end);
            }
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            faults.ForEach(static f => f.Fault.Dispose());
            Doing = "starting the server at the end";
            await cluster.Faults.StartServerAsync(CancellationToken.None);
        }
    }

    private HttpFault NextFault()
    {
        HttpFault where = new()
        {
            Resource = Resources[_random.Next(Resources.Length)],
            Verb = Verbs[_random.Next(Verbs.Length)],
            Times = _random.Next(1, 20),
            Skip = _random.Next(3),
        };
        return _random.Next(6) switch
        {
            0 => where with { StallAfter = _random.Next(0, 2000) },
            1 => where with { ResetAfter = _random.Next(0, 2000) },
            2 => where with { Body = Bodies[_random.Next(Bodies.Length)] },
            3 => where with { Delay = TimeSpan.FromMilliseconds(_random.Next(100, 5000)) },
            _ => where with { Status = Statuses[_random.Next(Statuses.Length)], RetryAfter = _random.Next(2) == 0 ? null : _random.Next(0, 3) },
        };
    }

    private async Task StrikeAsync(CancellationToken end)
    {
        int strike = _random.Next(kills ? 60 : 55);
        Doing = $"strike {strike}";
        switch (strike)
        {
            case 0 or 1:
                cluster.Faults.ExpireWatches();
                break;
            case 2 or 3 or 4:
                cluster.Faults.CutPortForwards(midFrame: _random.Next(2) == 0);
                break;
            case 5:
                using (cluster.Faults.StallWatches())
                {
                    await Task.Delay(500, end);
                }

                break;
            case 6:
                await cluster.Faults.StopServerAsync();
                await Task.Delay(_random.Next(50, 1000), end);
                await cluster.Faults.StartServerAsync(end);
                break;
            case >= 58:
                await KillOneAsync(end);
                break;
            default:
                break;
        }
    }

    private async Task KillOneAsync(CancellationToken end)
    {
        using k8s.Kubernetes client = cluster.CreateClient();
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(end);
        limit.CancelAfter(Patience);
        try
        {
            // The client's call does not end by its token while the server stalls in the middle of the body.
            V1PodList pods = await client.CoreV1.ListNamespacedPodAsync("default", cancellationToken: limit.Token).WaitAsync(limit.Token);
            cluster.Pods.Kill("default", pods.Items[_random.Next(pods.Items.Count)].Metadata.Name);
        }
#pragma warning disable CA1031 // The weather hits itself as well, and a list that it stalls has no other end than this limit.
        catch (Exception e) when (e is not OperationCanceledException || !end.IsCancellationRequested)
#pragma warning restore CA1031
        {
        }
    }
}
