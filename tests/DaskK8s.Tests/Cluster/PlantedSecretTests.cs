using System.Collections;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text.RegularExpressions;

using DaskK8s.Testing;
using DaskK8s.Tests.Rigs.Cluster;

using k8s;
using k8s.Models;

namespace DaskK8s.Tests.Cluster;

/// <summary>Plants secrets wherever the library comes by, does everything with it, right and wrong, and searches all that it says.</summary>
public sealed class PlantedSecretTests
{
    private const string Value = "planted-value-5f1e";
    private const string RecordName = "sh.helm.release.v1.my-dask.v1";

    private readonly ConcurrentQueue<string> said = new();

    private static CancellationToken Token => ConnectRig.Token;

    [Fact]
    public async Task Everything_SecretsPlanted_IsSaidWithoutThem()
    {
        using ActivityListener activities = ListenToActivities();
        using MeterListener instruments = ListenToInstruments();
        DaskRelease release = new() { Workers = 2, Environment = new Dictionary<string, string> { ["AWS_SECRET_ACCESS_KEY"] = Value }, Groups = [new DaskReleaseGroup { Name = "gpu", ExtraArgs = ["--preload-argv", Value] }] };
        await using ConnectRig rig = await ConnectRig.StartAsync(release);
        string[] secrets = [Value, TokenOf(rig.Cluster.KubeconfigPath), "Bearer "];

        await WorkAsync(rig);
        await FailAsync(rig);
        await DamageAsync(rig);

        foreach ((string category, _, int id, string text) in rig.Logs.Lines)
        {
            said.Enqueue($"log {id} of {category}: {text}");
        }

        said.Should().HaveCountGreaterThan(60);
        said.Should().Contain(s => s.StartsWith("error ", StringComparison.Ordinal)).And.Contain(s => s.StartsWith("activity ", StringComparison.Ordinal))
            .And.Contain(s => s.StartsWith("instrument ", StringComparison.Ordinal)).And.Contain(s => s.StartsWith("text ", StringComparison.Ordinal));
        said.Where(s => secrets.Any(secret => s.Contains(secret, StringComparison.Ordinal))).Should().BeEmpty();
    }

    private async Task WorkAsync(ConnectRig rig)
    {
        await using HelmCluster cluster = await rig.ConnectAsync();
        cluster.Release.Values.ToYaml().Should().Contain(Value, "the secret is where the library reads it");
        Say(cluster, cluster.Release, cluster.Release.Values, cluster.SchedulerInfo, cluster.WorkerGroups[0], cluster.WorkerGroups[1]);
        await cluster.ScaleAsync(3, cancellationToken: Token);
        Progress<WorkerGroupProgress> progress = new(p => Say(p));
        await TryAsync(() => cluster.WaitForWorkersAsync(TimeSpan.FromSeconds(1), progress, cancellationToken: Token));
        await cluster.GetWorkerGroupsAsync(Token);
        Say([.. await cluster.GetDriftAsync(Token)]);
        Say((await cluster.CheckPermissionsAsync(Token)).ToString());
        await TryAsync(() => cluster.GetLogsAsync(cancellationToken: Token));
        await TryAsync(() => cluster.GetVersionsAsync(Token));
        Say([.. (await HelmCluster.DiscoverAsync(rig.Options(), allNamespaces: true, Token)).Releases]);
        Say([.. cluster.Release.Values.WithLiveReplicas(cluster).Validate()]);
        Say(cluster.Release.GetUpgradeCommand());
        await TryAsync(() => cluster.ScaleAsync(1, "no-such-group", Token));
        await TryAsync(() => Task.FromResult(cluster.Release.Values.Get<int>("worker.env[0].value")));
        await TryAsync(() => Task.FromResult(HelmValues.FromYaml($"key: {Value}\nkey: {Value}\n")));
        await TryAsync(() => Task.FromResult(HelmValues.FromYaml($"key: \"{Value}")));
    }

    private async Task FailAsync(ConnectRig rig)
    {
        RetryOptions quick = new() { MaxAttempts = 2, BaseDelay = TimeSpan.FromMilliseconds(1) };
        foreach (int status in (int[])[400, 401, 403, 404, 409, 410, 422, 429, 500, 503, 504])
        {
            foreach ((string verb, string resource) in ((string, string)[])[("list", "secrets"), ("list", "deployments")])
            {
                using IDisposable fault = rig.Cluster.Faults.AddHttp(new HttpFault { Verb = verb, Resource = resource, Status = status });
                await TryAsync(() => rig.ConnectAsync(o => o with { Retry = quick, ConnectTimeout = TimeSpan.FromSeconds(5) }));
            }
        }

        await using (HelmCluster cluster = await rig.ConnectAsync(o => o with { Retry = quick }))
        {
            foreach (HttpFault fault in (HttpFault[])[new() { Verb = "patch", Status = 403 }, new() { Verb = "patch", Status = 409 }, new() { Verb = "patch", Status = 500 }, new() { Verb = "patch", ResetAfter = 10 }])
            {
                using IDisposable lifted = rig.Cluster.Faults.AddHttp(fault);
                await TryAsync(() => cluster.ScaleAsync(5, cancellationToken: Token));
            }
        }

        using (rig.Cluster.Faults.AddPods(PodFault.CrashLoop, new PodSelector { NamePrefix = "my-dask-worker-gpu-" }))
        {
            await using HelmCluster cluster = await rig.ConnectAsync();
            await cluster.ScaleAsync(2, "gpu", Token);
            await TryAsync(() => cluster.WaitForWorkersAsync(TimeSpan.FromSeconds(1), workerGroup: "gpu", cancellationToken: Token));
        }

        using (rig.Cluster.Faults.AddHttp(new HttpFault { Resource = "pods/portforward", Status = 500 }))
        {
            await TryAsync(() => rig.ConnectAsync(o => o with { ConnectTimeout = TimeSpan.FromSeconds(2), Retry = quick }));
        }

        await rig.Cluster.Faults.StopServerAsync();
        await TryAsync(() => rig.ConnectAsync(o => o with { Retry = quick }));
        await rig.Cluster.Faults.StartServerAsync(Token);
    }

    private async Task DamageAsync(ConnectRig rig)
    {
        V1Secret record = await rig.Client.CoreV1.ReadNamespacedSecretAsync(RecordName, "default", cancellationToken: Token);
        string json = """{"name":"my-dask","version":1,"namespace":"default","info":{"status":"deployed"},"chart":{"metadata":{"name":"dask"},"values":{"a":"SECRET"}},"config":{"b":"SECRET"},"manifest":"SECRET"}"""
            .Replace("SECRET", Value, StringComparison.Ordinal);
        string[] bodies =
        [
            json[..^20],
            json + Value,
            json.Replace("\"config\":{", "\"config\":{,", StringComparison.Ordinal),
            json.Replace("\"b\":", "\"b\" ", StringComparison.Ordinal),
            json.Replace("\"version\":1", $"\"version\":\"{Value}\"", StringComparison.Ordinal),
            json.Replace("\"config\":{", $"\"config\":\"{Value}\",\"x\":{{", StringComparison.Ordinal),
            json.Replace("\"dask\"", "\"wordpress\"", StringComparison.Ordinal),
            $"[\"{Value}\"]",
        ];
        foreach (byte[] data in bodies.Select(b => System.Text.Encoding.ASCII.GetBytes(Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(b)))).Append(System.Text.Encoding.UTF8.GetBytes($"%{Value}")))
        {
            record.Data = new Dictionary<string, byte[]> { ["release"] = data };
            record.Metadata.ResourceVersion = null;
            await rig.Client.CoreV1.ReplaceNamespacedSecretAsync(record, RecordName, "default", cancellationToken: Token);
            await TryAsync(() => rig.ConnectAsync());
        }
    }

    private async Task TryAsync(Func<Task> call)
    {
        try
        {
            await call();
        }
        catch (Exception e) when (e is DaskK8sException or ArgumentException)
        {
            for (Exception? error = e; error is not null; error = error.InnerException)
            {
                string data = string.Join(", ", error.Data.Cast<DictionaryEntry>().Select(d => $"{d.Key}={d.Value}"));
                string properties = string.Join(", ", error.GetType().GetProperties().Where(p => p.Name != "TargetSite").Select(p => $"{p.Name}={p.GetValue(error)}"));
                said.Enqueue($"error {error} {data} {properties}");
            }
        }
    }

    private void Say(params IEnumerable<object?> things)
    {
        foreach (object? thing in things)
        {
            said.Enqueue($"text {thing}");
        }
    }

    private ActivityListener ListenToActivities()
    {
        ActivityListener listener = new()
        {
            ShouldListenTo = source => source.Name == "DaskK8s",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = a => said.Enqueue($"activity {a.DisplayName} {a.StatusDescription} {string.Join(", ", a.TagObjects)} {string.Join(", ", a.Events.Select(e => $"{e.Name} {string.Join(", ", e.Tags)}"))}"),
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

    private MeterListener ListenToInstruments()
    {
        MeterListener listener = new()
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name == "DaskK8s")
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, _, tags, _) => Keep(instrument, tags));
        listener.SetMeasurementEventCallback<int>((instrument, _, tags, _) => Keep(instrument, tags));
        listener.SetMeasurementEventCallback<double>((instrument, _, tags, _) => Keep(instrument, tags));
        listener.Start();
        return listener;

        void Keep(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
            said.Enqueue(string.Create(CultureInfo.InvariantCulture, $"instrument {instrument.Name} {string.Join(", ", tags.ToArray())}"));
    }

    private static string TokenOf(string kubeconfig)
    {
        string token = Regex.Match(File.ReadAllText(kubeconfig), @"token:\s*""?([^""\s]+)").Groups[1].Value;
        token.Should().NotBeEmpty();
        return token;
    }
}
