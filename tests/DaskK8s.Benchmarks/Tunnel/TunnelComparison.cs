using System.Net;

namespace DaskK8s.Benchmarks.Tunnel;

/// <summary>Runs every figure on our forward, on kubectl's and directly, in turns.</summary>
internal sealed class TunnelComparison(string[]? only, ForwardProcess ours, ForwardProcess kubectl, IPEndPoint pod)
{
    private const long MiB = 1024 * 1024;
    private const long Transfer = 256 * MiB;
    private const int Parallel = 16;

    private readonly Figure download = new("download", "MB/s", 1.4, isMinimum: true);
    private readonly Figure upload = new("upload", "MB/s", 1.4, isMinimum: true);
    private readonly Figure roundTripMedian = new("rtt_median", "ms", 0.85, isMinimum: false);
    private readonly Figure roundTrip99 = new("rtt_p99", "ms", 1, isMinimum: false);
    private readonly Figure connect = new("connect", "ms", 0.7, isMinimum: false);
    private readonly Figure parallel = new("parallel", "MB/s", 1.3, isMinimum: true);
    private readonly Figure processor = new("cpu", "s/GiB", 1, isMinimum: false);

    public IEnumerable<Figure> Figures => ((Figure[])[download, upload, roundTripMedian, roundTrip99, connect, parallel, processor])
        .Where(f => !double.IsNaN(f.Ratio));

    /// <summary>Measures how much a forwarding process grows while bytes pass to a slow reader.</summary>
    /// <returns>Peak above idle, in MiB.</returns>
    public static async Task<double> MemoryGrowthAsync(ForwardProcess process, long bytes)
    {
        double idle = process.ResidentMiB;
        double peak = idle;
        await Measurements.DownloadSlowlyAsync(
            new IPEndPoint(IPAddress.Loopback, process.Port), bytes, 60e6, () => peak = Math.Max(peak, process.ResidentMiB));
        return peak - idle;
    }

    /// <summary>Lets every program compile and cache what it needs.</summary>
    public async Task WarmUpAsync()
    {
        foreach (IPEndPoint way in (IPEndPoint[])[Way(ours), Way(kubectl), pod])
        {
            await Measurements.DownloadAsync(way, 64 * MiB);
            await Measurements.UploadAsync(way, 64 * MiB);
            await Measurements.RoundTripsAsync(way, 2000);
            await Measurements.ConnectsAsync(way, 200);
            await Measurements.DownloadAsync(way, 8 * MiB, Parallel);
        }
    }

    public async Task RunPairAsync(bool oursFirst)
    {
        (string Name, IPEndPoint Way, ForwardProcess? Process)[] ways =
            [("ours", Way(ours), ours), ("kubectl", Way(kubectl), kubectl), ("direct", pod, null)];
        if (!oursFirst)
        {
            (ways[0], ways[1]) = (ways[1], ways[0]);
        }

        foreach ((string name, IPEndPoint way, ForwardProcess? process) in ways)
        {
            TimeSpan before = process?.ProcessorTime ?? default;
            if (Wants("download"))
            {
                download.Add(name, await Measurements.DownloadAsync(way, Transfer) / 1e6);
            }

            if (Wants("upload"))
            {
                upload.Add(name, await Measurements.UploadAsync(way, Transfer) / 1e6);
            }

            if (process is not null && Wants("download") && Wants("upload"))
            {
                processor.Add(name, (process.ProcessorTime - before).TotalSeconds / (2.0 * Transfer / (1024 * MiB)));
            }
        }

        foreach ((string name, IPEndPoint way, _) in ways)
        {
            if (Wants("rtt"))
            {
                double[] times = await Measurements.RoundTripsAsync(way, 2000);
                roundTripMedian.Add(name, Figure.Median(times));
                roundTrip99.Add(name, Figure.Quantile(times, 0.99));
            }
        }

        foreach ((string name, IPEndPoint way, _) in ways)
        {
            if (Wants("connect"))
            {
                connect.Add(name, Figure.Median(await Measurements.ConnectsAsync(way, 100)));
            }
        }

        foreach ((string name, IPEndPoint way, _) in ways)
        {
            if (Wants("parallel"))
            {
                parallel.Add(name, await Measurements.DownloadAsync(way, Transfer / Parallel, Parallel) / 1e6);
            }
        }
    }

    private static IPEndPoint Way(ForwardProcess process) => new(IPAddress.Loopback, process.Port);

    private bool Wants(string figure) => only is null || only.Contains(figure);
}
