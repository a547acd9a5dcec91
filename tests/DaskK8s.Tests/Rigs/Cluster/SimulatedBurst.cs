using DaskK8s.Dask.Tasks;

namespace DaskK8s.Tests.Rigs.Cluster;

/// <summary>A number of alike tasks that are submitted at once.</summary>
/// <param name="Second">When.</param>
/// <param name="Kind">The function that they call: what one takes is known once one of the kind has finished.</param>
/// <param name="Tasks">How many.</param>
/// <param name="Seconds">What each takes.</param>
internal sealed record SimulatedBurst(int Second, int Kind, int Tasks, int Seconds)
{
    /// <summary>Creates a day: quiet at night, busy by day; many small jobs, a few that could use every worker; twenty functions.</summary>
    public static IReadOnlyList<SimulatedBurst> Day(int seed, int workers)
    {
        Random random = new(seed);
        int[] durations = [.. Enumerable.Range(0, 20).Select(_ => (int)LogUniform(random, 1, 240))];
        List<SimulatedBurst> bursts = [];
        for (double second = 0; second < 86_400; second += second / 3600 is > 8 and < 19 ? random.Next(20, 400) : random.Next(300, 3000))
        {
            int kind = random.Next(durations.Length);
            double work = LogUniform(random, 60, workers * 300.0);
            bursts.Add(new SimulatedBurst((int)second, kind, Math.Max(1, (int)(work / durations[kind])), durations[kind]));
        }

        return bursts;
    }

    private static double LogUniform(Random random, double low, double high) => low * Math.Pow(high / low, random.NextDouble());
}
