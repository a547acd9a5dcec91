using System.Diagnostics;

using DaskK8s.Dask.Tasks;
using DaskK8s.Helm.Chart;
using DaskK8s.Scaling.Lossless;

using k8s;
using k8s.Models;

namespace DaskK8s.Benchmarks.Scaling;

/// <summary>One soak: rounds of random scaling of two groups under a running load; every other one by a client that is killed, if so asked.</summary>
internal sealed class SoakRun(SoakTarget target, HelmCluster cluster, SoakLoad load, SoakForeign? foreign, int rounds, int upgrades, int seed, bool kills, ScaleDown down)
{
    private const int TasksPerRound = 6;
    private const double LongestTask = 0.4;
    private static readonly TimeSpan LongestLife = TimeSpan.FromSeconds(0.8);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(3);
    private readonly Random _random = new(seed);
    private readonly WorkerGroup _first = cluster.WorkerGroups[0];
    private readonly WorkerGroup _second = cluster.WorkerGroups.FirstOrDefault(static g => g.DaskResources.Count > 0 && !g.IsDefault) ?? cluster.WorkerGroups[^1];
    private readonly SoakResult _result = new() { Rounds = rounds };
    private readonly ScaleOptions _options = new() { ScaleDown = down };
    private readonly long _start = Stopwatch.GetTimestamp();
    private int _dueUpgrades;

    private double Elapsed => Stopwatch.GetElapsedTime(_start).TotalSeconds;

    public async Task<SoakResult> RunAsync()
    {
        (int first, int second) = ((await ReadAsync(_first)).Desired, (await ReadAsync(_second)).Desired);
        for (int round = 1; round <= rounds; round++)
        {
            await SubmitAsync();
            WorkerGroup group = _random.Next(3) == 0 ? _second : _first;
            int replicas = group == _first ? _random.Next(1, 6) : _random.Next(0, 3);
            if (kills && round % 2 == 0)
            {
                int now = (await ReadAsync(group)).Desired;
                await KillOneAsync(group.Name, now > 1 && _random.Next(4) > 0 ? _random.Next(group == _first ? 1 : 0, now) : replicas);
            }
            else
            {
                await ScaleAsync(round, group, replicas);
            }

            await UpgradeAsync(round);
            await TryForeignAsync(round);
            if (round % 20 == 0)
            {
                Console.WriteLine(FormattableString.Invariant($"round {round} of {rounds} after {Elapsed:0} s: {_result.KeysMoved} results moved, {_result.Clients.Killed} clients killed"));
            }
        }

        // What the last of the dead have emptied works again when the scheduler has not heard of them for 45 s. Then
        // one up and one down, so that each group ends with a shrink that clears up after them.
        await WaitUntilAllWorkAsync();
        await ScaleAsync(rounds + 1, _first, Math.Max(1, first) + 1);
        await ScaleAsync(rounds + 1, _second, second + 1);
        await ScaleAsync(rounds + 1, _first, first);
        await ScaleAsync(rounds + 1, _second, second);

        // A task that only a group can run whose pod still starts is refused until then, and not lost.
        await cluster.WaitForWorkersAsync(Longest);
        _result.Lost = await load.CountLostAsync(cluster);
        (_result.Runs, _result.Recomputed) = await load.CountRunsAsync();
        _result.Tasks = load.Tasks;
        await LookAtTheEndAsync();
        _result.ForeignLost = foreign is null ? 0 : await foreign.CountLostAsync();
        _result.Seconds = Elapsed;
        return _result;
    }

    /// <summary>
    /// Upgrades the release as Helm 4 does, right after a scaling or a kill, to the numbers that there are: another one would have Kubernetes remove pods with
    /// what they hold, which is the upgrade's doing and nobody else's.
    /// </summary>
    private async Task UpgradeAsync(int round)
    {
        _dueUpgrades += (round * upgrades / rounds) - ((round - 1) * upgrades / rounds);
        (int first, int second) = ((await ReadAsync(_first)).Desired, (await ReadAsync(_second)).Desired);

        // The chart takes a group's zero for "not given": such an upgrade waits for the next round in which the group has pods.
        for (; _dueUpgrades > 0 && (second > 0 || round == rounds); _dueUpgrades--)
        {
            if (second == 0)
            {
                await ScaleAsync(round, _second, second = 1);
            }

            _result.Upgrades++;
            _result.UpgradeConflicts += await target.TryUpgradeAsync(_result.Upgrades, first, _second.Name, second) ? 0 : 1;
        }
    }

    private async Task TryForeignAsync(int round)
    {
        if (foreign is null)
        {
            return;
        }

        await foreign.SubmitAsync();
        if (round % 5 == 0)
        {
            (int refused, int done) = _result.ForeignShrinks;
            _result.ForeignShrinks = await SoakForeign.TryShrinkAsync(cluster, _random.Next(SoakForeign.Workers)) ? (refused + 1, done) : (refused, done + 1);
        }
    }

    private async Task WaitUntilAllWorkAsync()
    {
        long start = Stopwatch.GetTimestamp();
        while (kills && Stopwatch.GetElapsedTime(start) < Longest && (await cluster.GetSchedulerInfoAsync()).Workers.Any(static w => w.Status != "running"))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(500));
        }
    }

    private async Task SubmitAsync()
    {
        for (int i = 0; i < TasksPerRound; i++)
        {
            await load.SubmitAsync(_random.NextDouble() * LongestTask, i == 0 ? _second.DaskResources : _first.DaskResources);
        }
    }

    private async Task ScaleAsync(int round, WorkerGroup group, int replicas)
    {
        ScaleResult result;
        try
        {
            result = await cluster.ScaleAsync(replicas, _options, group.Name);
        }
        catch (LosslessScaleDownException e)
        {
            Console.WriteLine($"round {round}: {e.Message}");
            _result.Refused++;
            return;
        }

        _result.ScaleUps += result.After > result.Before ? 1 : 0;
        _result.ScaleDowns += result.After < result.Before ? 1 : 0;
        _result.KeysMoved += result.KeysMoved;
        _result.NotRetired += result.NotRetired.Count;
        int now = (await ReadAsync(group)).Desired;
        if (now != replicas || result.NotRetired.Count > 0)
        {
            _result.WrongReplicas += now == replicas ? 0 : 1;
            Console.WriteLine($"round {round}: {group.Name} {result.Before} -> {result.After}, asked for {replicas}, is {now}. {string.Join("; ", result.NotRetired)}");
        }
    }

    /// <summary>Lets a process of its own scale, mostly down, and kills it at a random moment after it has connected.</summary>
    private async Task KillOneAsync(string group, int replicas)
    {
        using SoakClient client = await SoakClient.StartAsync(target, group, replicas);
        bool isKilled = await client.KillAfterAsync(_random.NextDouble() * LongestLife);
        _result.Clients = isKilled ? (_result.Clients.Killed + 1, _result.Clients.Faster) : (_result.Clients.Killed, _result.Clients.Faster + 1);
    }

    /// <summary>Waits until the pods are as many as asked for and every worker works, and counts what does not come to that.</summary>
    private async Task LookAtTheEndAsync()
    {
        long start = Stopwatch.GetTimestamp();
        using k8s.Kubernetes client = target.CreateClient();
        while (true)
        {
            IReadOnlyList<WorkerGroup> groups = await cluster.GetWorkerGroupsAsync();
            IReadOnlyList<WorkerInfo> workers = (await cluster.GetSchedulerInfoAsync()).Workers;
            V1PodList pods = await client.CoreV1.ListNamespacedPodAsync(target.Namespace, labelSelector: $"release={target.Release}");
            _result.StuckWorkers = workers.Count(static w => w.Status != "running");
            _result.StrayMarks = pods.Items.Count(static p => p.Metadata.DeletionTimestamp is null && (PodMarks.Read(p) is not null || PodMarks.IsCondemned(p)));
            bool isComplete = groups.All(static g => g.Pods.Count == g.Desired && g.Ready == g.Desired);
            if (isComplete && _result.StuckWorkers + _result.StrayMarks == 0)
            {
                return;
            }

            if (Stopwatch.GetElapsedTime(start) > Longest)
            {
                _result.WrongReplicas += isComplete ? 0 : 1;
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(500));
        }
    }

    private async Task<WorkerGroup> ReadAsync(WorkerGroup group) => (await cluster.GetWorkerGroupsAsync()).First(g => g.Name == group.Name);
}
