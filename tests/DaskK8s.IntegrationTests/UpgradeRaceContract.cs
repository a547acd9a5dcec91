using System.Collections.Concurrent;

using DaskK8s.IntegrationTests.Rigs;

using k8s;
using k8s.Autorest;
using k8s.Models;

namespace DaskK8s.IntegrationTests;

/// <summary>Lets upgrades as Helm 4 makes them race with scalings: neither may stand in the other's way.</summary>
public sealed class UpgradeRaceContract(TestCluster kubernetes)
{
    private const int Upgrades = 200;
    private const int Scalings = 500;
    private static readonly (string Group, string Deployment)[] Groups = [("worker", "my-dask-worker"), ("gpu-workers", "my-dask-worker-gpu-workers")];
    private static readonly ScaleOptions Immediate = new() { ScaleDown = ScaleDown.Immediate };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Upgrades_RacingWithScalingsOfClientsThatDie_NeverConflictAndLoseNothing(bool ownerTakesAndAddsFields)
    {
        await using TestRelease release = await InstallAsync(ownerTakesAndAddsFields);
        await using ReplicaHistory history = await ReplicaHistory.StartAsync(kubernetes, release.Namespace);
        using SemaphoreSlim due = new(0);
        ConcurrentQueue<ScaleResult> accepted = new();
        ConcurrentQueue<(string Group, int Replicas)> unheard = new();
        int number = 0;
        int deaths = 0;

        async Task ScaleAsync(int seed, bool isMortal)
        {
            Random random = new(seed);
            HelmCluster? cluster = null;
            while (Interlocked.Increment(ref number) is int mine && mine <= Scalings)
            {
                (string group, _) = Groups[random.Next(2)];
                int replicas = random.Next(0, 4);
                try
                {
                    cluster ??= await ConnectAsync(release, _ => !isMortal ? MortalHandler.Death.None : random.Next(40) switch
                    {
                        0 => MortalHandler.Death.Before,
                        1 => MortalHandler.Death.After,
                        _ => MortalHandler.Death.None,
                    });
                    accepted.Enqueue(await cluster.ScaleAsync(replicas, Immediate, group, Token));
                }
                catch (MortalHandler.ClientDiedException)
                {
                    // Whether its number was accepted nobody heard.
                    unheard.Enqueue((group, replicas));
                    deaths++;
                    cluster = null;
                }

                if (mine * Upgrades / Scalings > (mine - 1) * Upgrades / Scalings)
                {
                    due.Release();
                }
            }

            if (cluster is not null)
            {
                await cluster.DisposeAsync();
            }
        }

        async Task UpgradeAllAsync()
        {
            for (int revision = 1; revision <= Upgrades; revision++)
            {
                await due.WaitAsync(Token);
                await UpgradeAsync(release, revision, ownerTakesAndAddsFields);
            }
        }

        await Task.WhenAll(ScaleAsync(1, false), ScaleAsync(2, false), ScaleAsync(3, true), UpgradeAllAsync());

        deaths.Should().BePositive();
        accepted.Should().OnlyContain(static r => r.Ownership == FieldOwnership.ChangedAsOwner || r.Ownership == FieldOwnership.NotTaken, "there is an owner all the time");
        V1Deployment[] last = await Task.WhenAll(Groups.Select(g => ReadAsync(release, g.Deployment)));
        last.SelectMany(d => new HelmManifest(d.Metadata.Name, Upgrades, ownerTakesAndAddsFields).Differences(d)).Should().BeEmpty();

        // A change that nobody made would be a number that was taken back; one that is missing, a number that never was in place.
        List<(string, int, int)> changes = [.. await history.ChangesUntilAsync(last)];
        foreach (ScaleResult result in accepted.Where(static r => r.Before != r.After))
        {
            changes.Remove((Groups.First(g => g.Group == result.WorkerGroup).Deployment, result.Before, result.After)).Should().BeTrue("{0} was accepted", result);
        }

        changes.Select(static c => (c.Item1, c.Item3)).Should().BeSubsetOf(unheard.Select(u => (Groups.First(g => g.Group == u.Group).Deployment, u.Replicas)));
        changes.Count.Should().BeLessThanOrEqualTo(deaths);
    }

    [Theory]
    [InlineData("connect")]
    [InlineData("scale the group")]
    [InlineData("scale another group")]
    public async Task ClientDiesOnTheGiveBack_NextClient_OpensTheWayForUpgrades(string next)
    {
        await using TestRelease release = await InstallAsync(takesAndAdds: false);
        await using HelmCluster living = await ConnectAsync(release, static _ => MortalHandler.Death.None);
        for (int round = 1; round <= 20; round++)
        {
            await UpgradeAsync(release, round, takesAndAdds: false);

            // Somebody else takes the field, so that there is no owner in whose name it could be changed.
            await kubernetes.Client.AppsV1.PatchNamespacedDeploymentAsync(
                new V1Patch("""{"spec":{"replicas":7}}""", V1Patch.PatchType.MergePatch), Groups[0].Deployment, release.Namespace, fieldManager: "kubectl", cancellationToken: Token);
            MortalHandler.Death death = round % 2 == 0 ? MortalHandler.Death.Before : MortalHandler.Death.After;
            HelmCluster mortal = await ConnectAsync(release, r => MortalHandler.IsGiveBack(r) ? death : MortalHandler.Death.None);
            await mortal.Invoking(c => c.ScaleAsync(9, workerGroup: "worker", cancellationToken: Token)).Should().ThrowAsync<MortalHandler.ClientDiedException>();

            switch (next)
            {
                case "connect":
                    await (await ConnectAsync(release, static _ => MortalHandler.Death.None)).DisposeAsync();
                    break;
                case "scale the group":
                    await living.ScaleAsync(8, Immediate, "worker", Token);
                    break;
                default:
                    await living.ScaleAsync(round % 2, Immediate, "gpu-workers", Token);
                    break;
            }
        }

        await UpgradeAsync(release, 21, takesAndAdds: false);
        (await living.GetDriftAsync(Token)).Should().NotContain(static d => d.ConflictsWith.Count > 0);
    }

    /// <summary>Upgrades both groups, without force, and looks that what the upgrade before said was still so.</summary>
    private async Task UpgradeAsync(TestRelease release, int revision, bool takesAndAdds)
    {
        foreach ((_, string deployment) in Groups)
        {
            V1Deployment live = await ReadAsync(release, deployment);
            new HelmManifest(deployment, revision - 1, takesAndAdds).Differences(live).Should().BeEmpty();
            try
            {
                await new HelmManifest(deployment, revision, takesAndAdds).ApplyAsync(kubernetes, release, live);
            }
            catch (HttpOperationException e)
            {
                Assert.Fail($"Upgrade {revision} of {deployment} failed: {e.Response.Content}");
            }
        }
    }

    private Task<V1Deployment> ReadAsync(TestRelease release, string deployment) =>
        kubernetes.Client.AppsV1.ReadNamespacedDeploymentAsync(deployment, release.Namespace, cancellationToken: Token);

    /// <summary>
    /// Installs a release, and its worker Deployments anew by an apply, as Helm 4 does. (Servers before 1.23 do not take the chart's Service by apply; and an apply to
    /// a Deployment that another client made leaves a <c>before-first-apply</c> that owns everything.)
    /// </summary>
    private async Task<TestRelease> InstallAsync(bool takesAndAdds)
    {
        TestRelease release = await TestRelease.InstallAsync(kubernetes, r => r with { Workers = 0, Groups = [r.Groups[0] with { Replicas = 0 }] });
        foreach ((_, string deployment) in Groups)
        {
            V1Deployment made = await ReadAsync(release, deployment);
            await kubernetes.Client.AppsV1.DeleteNamespacedDeploymentAsync(deployment, release.Namespace, propagationPolicy: "Background", cancellationToken: Token);
            await new HelmManifest(deployment, 0, takesAndAdds).ApplyAsync(kubernetes, release, made);
        }

        return release;
    }

    private Task<HelmCluster> ConnectAsync(TestRelease release, Func<HttpRequestMessage, MortalHandler.Death> fate) => release.ConnectAsync(
        o => o with { KubeconfigPath = null, Kubernetes = kubernetes.CreateClient(new MortalHandler(fate)), SchedulerAccess = SchedulerAccess.None }, wait: false);
}
