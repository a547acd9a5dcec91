using System.Text.Json;
using System.Text.Json.Nodes;

namespace DaskK8s.Benchmarks.Scaling;

/// <summary>
/// Scales two groups up and down at random while tasks run whose results are kept: the verb <c>scale-soak</c>
/// (<c>--rounds 200 [--upgrades N] [--foreign] [--variant plain|killed] [--seed N] [--kubeconfig FILE --release NAME --namespace NS [--image IMAGE]]
/// [--kubernetes v1.20.2] --json OUT</c>).
/// </summary>
/// <remarks>
/// Without a kubeconfig it brings an embedded cluster with real Dask processes (<c>--kubernetes</c> says of which version); with an image it installs the release
/// that is named, and removes it at the end. It runs the rounds twice: as they
/// are, and with every other scaling made by a process of its own that is killed at a random moment; in between it upgrades the release as often as asked, by
/// server-side apply as Helm 4 does, also right after a kill. With <c>--foreign</c> a group of the release is another scheduler's, and no shrink may touch it. A server before 1.22 cannot shrink a group without a loss:
/// there the typed refusal is shown, and then the rounds run with <see cref="ScaleDown.Immediate"/>.
/// </remarks>
internal static class ScaleSoak
{
    private const string Immediate = "immediate";
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(3);
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static async Task<int> RunAsync(string[] args)
    {
        Arguments arguments = new(args);
        int rounds = arguments.Number("rounds", 200);
        int upgrades = arguments.Number("upgrades", 0);
        int seed = arguments.Number("seed", 1);
        await using SoakTarget target = await SoakTarget.StartAsync(arguments);
        await using HelmCluster cluster = await target.ConnectAsync();
        await cluster.WaitForWorkersAsync(Longest);
        await using SoakForeign? foreign = arguments.Has("foreign") ? await SoakForeign.StartAsync(target) : null;
        Dictionary<string, SoakResult> results = [];
        LosslessScaleDownException? refusal = await FindRefusalAsync(cluster);
        if (refusal is not null)
        {
            Console.WriteLine($"refused, as it should be ({refusal.Obstacle}): {refusal.Message}");
            results[Immediate] = await RunOneAsync(target, cluster, foreign, rounds, upgrades, seed, kills: false, ScaleDown.Immediate);
        }
        else
        {
            foreach (string variant in (string[])["plain", "killed"])
            {
                if ((arguments.Find("variant") ?? variant) == variant)
                {
                    results[variant] = await RunOneAsync(target, cluster, foreign, rounds, upgrades, seed, variant == "killed", ScaleDown.Lossless);
                }
            }
        }

        JsonObject report = ToReport(results, refusal);
        Console.WriteLine(report.ToJsonString(Indented));
        if (arguments.Find("json") is { } file)
        {
            await File.WriteAllTextAsync(file, report.ToJsonString(Indented));
        }

        // Immediate loses workers with what they hold; Dask computes it again, so that every result can still be read.
        return results.Values.All(r => r.IsClean || (refusal is not null && r.Lost + r.WrongReplicas + r.UpgradeConflicts == 0)) ? 0 : 1;
    }

    private static async Task<SoakResult> RunOneAsync(SoakTarget target, HelmCluster cluster, SoakForeign? foreign, int rounds, int upgrades, int seed, bool kills, ScaleDown down)
    {
        Console.WriteLine($"{rounds} rounds{(kills ? ", every other scaling by a client that is killed" : "")}, {down}:");
        await using SoakLoad load = await SoakLoad.StartAsync(cluster);
        return await new SoakRun(target, cluster, load, foreign, rounds, upgrades, seed, kills, down).RunAsync();
    }

    /// <summary>Shrinks the first group by one and back; a server that cannot do so without a loss says so.</summary>
    private static async Task<LosslessScaleDownException?> FindRefusalAsync(HelmCluster cluster)
    {
        int before = cluster.WorkerGroups[0].Desired;
        try
        {
            await cluster.ScaleAsync(before + 1);
            await cluster.WaitForWorkersAsync(Longest);
            await cluster.ScaleAsync(before);
            return null;
        }
        catch (LosslessScaleDownException e) when (e.Obstacle is LosslessScaleDownObstacle.ServerTooOld or LosslessScaleDownObstacle.PodsMayNotBePatched)
        {
            await cluster.ScaleAsync(before, new ScaleOptions { ScaleDown = ScaleDown.Immediate });
            return e;
        }
    }

    private static JsonObject ToReport(Dictionary<string, SoakResult> results, LosslessScaleDownException? refusal)
    {
        // What Immediate costs stands under its own name: it is not a lossless scale-down that computes it again.
        JsonObject report = new()
        {
            ["lost"] = SoakResult.Figure(results.Values.Sum(static r => r.Lost), "results"),
            ["recomputed"] = SoakResult.Figure(results.Where(static r => r.Key != Immediate).Sum(static r => r.Value.Recomputed), "tasks"),
            ["wrong_replicas"] = SoakResult.Figure(results.Values.Sum(static r => r.WrongReplicas), "scalings"),
            ["foreign_lost"] = SoakResult.Figure(results.Values.Sum(static r => r.ForeignLost), "results"),
            ["upgrade_conflicts"] = SoakResult.Figure(results.Values.Sum(static r => r.UpgradeConflicts), "upgrades"),
        };
        if (refusal is not null)
        {
            report["lossless_refused"] = new JsonObject { ["ours"] = refusal.Obstacle.ToString(), ["message"] = refusal.Message };
        }

        foreach ((string variant, SoakResult result) in results)
        {
            result.WriteTo(report, variant);
        }

        return report;
    }
}
