using System.Diagnostics;
using System.Globalization;

using DaskK8s.Scaling.Lossless;
using DaskK8s.Testing;
using DaskK8s.Tests.Rigs;
using DaskK8s.Tests.Rigs.Cluster;
using DaskK8s.Tests.Rigs.Kubernetes;

using k8s;
using k8s.Models;

namespace DaskK8s.Tests.Scaling.Lossless;

/// <summary>Kills the process of a client at each step of a lossless scale-down: another client's next call recovers from what it left.</summary>
public sealed class ScaleDownCrashTests
{
    private static readonly string Program = Path.Combine(
        Repository.PathOf("tests/DaskK8s.Benchmarks.Process"), Path.GetRelativePath(Repository.PathOf("tests/DaskK8s.Tests"), AppContext.BaseDirectory), "DaskK8s.Benchmarks.Process.dll");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("announces", "pods", 1)]
    [InlineData("condemns", "pods", 2)]
    [InlineData("pardons", "pods", 3)]
    [InlineData("patches", "deployments", 0)]
    public async Task ScaleAsync_ClientDiesBeforeItsPatch_NextCallRecovers(string step, string resource, int passing)
    {
        await using DaskRig rig = await StartAsync(3);

        // Two pods that an even earlier client condemned: one is taken, the other pardoned.
        await CondemnAsync(rig, (await rig.PodsAsync(Token)).Take(step == "pardons" ? 2 : 0));
        using (rig.Kubernetes.Faults.AddHttp(new HttpFault { Verb = "patch", Resource = resource, Skip = passing, Delay = TimeSpan.FromMinutes(5) }))
        {
            rig.Kubernetes.ClearRequests();
            using Process client = Start(rig, 2);
            await Poll.UntilAsync(() => rig.Kubernetes.Requests.Count(r => r.Verb == "patch" && r.Resource == resource) > passing);
            await KillAsync(client);
        }

        (await rig.ReplicasAsync(Token)).Should().Be(3, $"the client died before it {step}");
        ScaleResult result = await rig.Cluster.ScaleAsync(1, cancellationToken: Token);

        result.After.Should().Be(1);
        await rig.AllWorkAsync(1, Token);
        (await rig.Load.CheckAsync(Token)).Should().BeEquivalentTo((0, 0, 30, "[]"));
    }

    [Fact]
    public async Task ScaleAsync_ClientDiesBeforeItSeesWhoLeft_NextCallRecovers()
    {
        await using DaskRig rig = await StartAsync(3);
        using (rig.Kubernetes.Faults.AddHttp(new HttpFault { Verb = "patch", Resource = "deployments", Times = 1, Delay = TimeSpan.FromSeconds(2) }))
        {
            rig.Kubernetes.ClearRequests();
            using Process client = Start(rig, 2);
            await Poll.UntilAsync(() => rig.Kubernetes.Requests.Any(static r => r is { Verb: "patch", Resource: "deployments" }));

            // Its change is still on the way; what it asks next is never answered.
            using IDisposable blind = rig.Kubernetes.Faults.AddHttp(new HttpFault { Verb = "list", Resource = "pods", Delay = TimeSpan.FromMinutes(5) });
            await Poll.UntilAsync(async () => await rig.ReplicasAsync(Token) == 2);
            await KillAsync(client);
        }

        ScaleResult result = await rig.Cluster.ScaleAsync(1, cancellationToken: Token);

        result.Should().BeEquivalentTo(new { Before = 2, After = 1 });
        await rig.AllWorkAsync(1, Token);
        (await rig.Load.CheckAsync(Token)).Should().BeEquivalentTo((0, 0, 30, "[]"));
    }

    [Fact]
    public async Task ScaleAsync_ClientDiesWhileItDrains_WorkersComeBackByThemselves()
    {
        await using DaskRig rig = await StartAsync(2);
        await rig.KeepBusyAsync(4, 8, Token);
        using Process client = Start(rig, 1);
        await rig.WaitForDrainAsync(1, Token);

        await KillAsync(client);

        // Nobody calls: the scheduler waits for a word of the client for 45 s.
        await Poll.UntilAsync(async () => (await rig.StatusesAsync(Token)).All(static s => s == "running"), 90);
        (await rig.PodsAsync(Token)).Should().HaveCount(2).And.OnlyContain(static p => !PodMarks.IsCondemned(p), "what was only announced decides nothing");
        (await rig.Cluster.ScaleAsync(1, cancellationToken: Token)).After.Should().Be(1);
        await rig.AllWorkAsync(1, Token);
        (await rig.Load.CheckAsync(Token)).Should().BeEquivalentTo((0, 0, 34, "[]"));
    }

    private static Process Start(DaskRig rig, int replicas) => Process.Start(new ProcessStartInfo(
        "dotnet", [Program, rig.Kubernetes.KubeconfigPath, "default", "my-dask", "worker", replicas.ToString(CultureInfo.InvariantCulture)]))!;

    private static async Task KillAsync(Process client)
    {
        client.HasExited.Should().BeFalse("it was to die on the way");
        client.Kill();
        await client.WaitForExitAsync(Token);
    }

    private static Task<DaskRig> StartAsync(int workers) => DaskRig.StartWithResultsAsync(new DaskRelease { Workers = workers }, Token);

    private static async Task CondemnAsync(DaskRig rig, IEnumerable<V1Pod> pods)
    {
        using k8s.Kubernetes client = rig.Kubernetes.CreateClient();
        foreach (V1Pod pod in pods)
        {
            await TestMarks.CondemnAsync(client, pod, DateTimeOffset.UtcNow.AddMinutes(5), null, Token);
        }
    }
}
