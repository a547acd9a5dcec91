using DaskK8s.Adaptive;
using DaskK8s.Dask.Tasks;
using DaskK8s.Tests.Rigs.Cluster;

using Microsoft.Extensions.Time.Testing;

namespace DaskK8s.Tests.Adaptive;

/// <summary>Runs a day of bursts with up to 10,000 workers in virtual time, under several rules. The figures are in docs/performance.md.</summary>
public sealed class AdaptiveSimulationTests(ITestOutputHelper output)
{
    private const int Most = 10_000;

    [Fact]
    public void ADayOfBursts_AgainstAFixedSizeAndDasksOwnRule_CostsLessForItsWait()
    {
        IReadOnlyList<SimulatedBurst> day = SimulatedBurst.Day(seed: 1, Most);

        SimulatedCluster ours = Run(day, 0, 5, Ours());
        SimulatedCluster dask = Run(day, 0, 1, Dask());
        SimulatedCluster largest = Run(day, Most, 3600, static _ => { });
        SimulatedCluster even = Run(day, (int)(ours.WorkerHours / 24), 3600, static _ => { });
        foreach ((string name, SimulatedCluster run) in new[] { ("ours", ours), ("Dask's rule", dask), ("fixed at 10,000", largest), ("fixed at the cost of ours", even) })
        {
            output.WriteLine(FormattableString.Invariant(
                $"{name}: {run.WorkerHours:0} worker-hours, {run.WorkerHours - (day.Sum(static b => (double)b.Tasks * b.Seconds) / 3600):0} of them idle, mean wait {run.WaitSeconds / run.Started:0.0} s, peak {run.Peak}, {run.Started} tasks, done after {run.Second / 3600.0:0.0} h"));
        }

        ours.Started.Should().Be(day.Sum(static b => (long)b.Tasks)).And.Be(dask.Started);
        ours.Peak.Should().BeLessThanOrEqualTo(Most);
        ours.WorkerHours.Should().BeLessThan(largest.WorkerHours / 8);
        ours.WorkerHours.Should().BeLessThan(dask.WorkerHours);
        (ours.WaitSeconds / ours.Started).Should().BeLessThan(even.WaitSeconds / even.Started / 20);
        (ours.WaitSeconds / ours.Started).Should().BeLessThan(dask.WaitSeconds / dask.Started * 1.05);
    }

    private static SimulatedCluster Run(IReadOnlyList<SimulatedBurst> day, int workers, int interval, Action<SimulatedCluster> rule)
    {
        SimulatedCluster cluster = new(day, workers);
        while (cluster.Second < 86_400 || (!cluster.IsDone && cluster.Second < 200_000))
        {
            cluster.Step();
            if (cluster.Second % interval == 0)
            {
                rule(cluster);
            }
        }

        return cluster;
    }

    /// <summary>What the loop does at each look, with the very planner and policy.</summary>
    private static Action<SimulatedCluster> Ours()
    {
        FakeTimeProvider time = new();
        AdaptiveOptions options = new();
        GroupShape group = new("worker", new Dictionary<string, double>(), 1, 1, 0, new AdaptiveRange(0, Most), true);
        AdaptivePolicy policy = new(group.Range, options, time);
        return cluster =>
        {
            time.Advance(options.Interval);
            TaskRequirement[] requirements =
                [new TaskRequirement(group.Resources, false, cluster.Known.Sum(static k => k.Waiting), cluster.Known.Sum(static k => k.Running), cluster.Known.Sum(static k => (k.Waiting + k.Running) * k.Believed))];
            GroupShape now = group with { Replicas = cluster.Replicas, Ready = cluster.Ready };
            int demand = DemandPlanner.Plan(new DemandSnapshot(requirements, []), [now], options.TargetDuration, options.StartTime, options.MemoryTarget)["worker"];
            (AdaptiveAction action, int target, _) = policy.Decide(new GroupObservation(demand, cluster.Replicas, cluster.Ready, null, TimeSpan.Zero));
            if (action is AdaptiveAction.Grow or AdaptiveAction.Shrink)
            {
                cluster.Scale(target);
            }
        };
    }

    /// <summary>Dask's Adaptive with its defaults: each second, a target duration of 5 s, only idle workers close, after being named three times.</summary>
    private static Action<SimulatedCluster> Dask()
    {
        int named = 0;
        return cluster =>
        {
            double occupancy = cluster.Known.Sum(static k => (k.Waiting + k.Running) * k.Believed);
            int tasks = cluster.Known.Sum(static k => k.Waiting + k.Running);
            int target = (int)Math.Clamp(Math.Min(Math.Ceiling(occupancy / 5), tasks), 0, Most);
            if (target >= cluster.Replicas)
            {
                named = 0;
                cluster.Scale(target);
                return;
            }

            int idle = cluster.Ready - cluster.Busy;
            named = idle > 0 ? named + 1 : 0;
            if (named >= 3 && idle > 0)
            {
                cluster.Scale(Math.Max(target, cluster.Replicas - idle));
            }
        };
    }
}
