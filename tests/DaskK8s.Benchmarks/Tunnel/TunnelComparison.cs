namespace DaskK8s.Benchmarks.Tunnel;

/// <summary>Measures every figure on every way, in turns.</summary>
internal sealed class TunnelComparison(string[]? only)
{
    private const long MiB = 1024 * 1024;
    private const long Transfer = 256 * MiB;
    private const int Parallel = 16;
    private const double SlowReader = 60e6;

    private readonly Figure _download = new("download", "MB/s", 1.4, isMinimum: true);
    private readonly Figure _upload = new("upload", "MB/s", 1.4, isMinimum: true);
    private readonly Figure _roundTripMedian = new("rtt_median", "ms", 0.85, isMinimum: false);
    private readonly Figure _roundTrip99 = new("rtt_p99", "ms", 1, isMinimum: false);
    private readonly Figure _connect = new("connect", "ms", 0.7, isMinimum: false);
    private readonly Figure _parallel = new("parallel", "MB/s", 1.3, isMinimum: true);
    private readonly Figure _processor = new("cpu", "s/GiB", 1, isMinimum: false);
    private readonly Figure _memory = new("memory_growth_mib", "MiB", 32, isMinimum: false, isRatio: false);

    public IEnumerable<Figure> Figures =>
        ((Figure[])[_download, _upload, _roundTripMedian, _roundTrip99, _connect, _parallel, _processor, _memory]).Where(f => f.IsMeasured);

    /// <summary>Lets every program compile and cache what it needs.</summary>
    public static async Task WarmUpAsync(IEnumerable<Way> ways)
    {
        foreach (Way way in ways)
        {
            await way.MeasureAsync(end => Measurements.DownloadAsync(end, 64 * MiB));
            await way.MeasureAsync(end => Measurements.UploadAsync(end, 64 * MiB));
            await way.MeasureAsync(end => Measurements.RoundTripsAsync(end, 2000));
            await way.MeasureAsync(end => Measurements.ConnectsAsync(end, 200));
            await way.MeasureAsync(end => Measurements.DownloadAsync(end, 8 * MiB, Parallel));
        }
    }

    /// <summary>Measures everything but memory once on each way, figure by figure.</summary>
    public async Task RunPairAsync(IReadOnlyList<Way> ways)
    {
        foreach (Way way in ways)
        {
            TimeSpan before = way.Process?.ProcessorTime ?? default;
            int restarts = way.Restarts;
            if (Wants("download"))
            {
                _download.Add(way.Kind, await way.MeasureAsync(end => Measurements.DownloadAsync(end, Transfer)) / 1e6);
            }

            if (Wants("upload"))
            {
                _upload.Add(way.Kind, await way.MeasureAsync(end => Measurements.UploadAsync(end, Transfer)) / 1e6);
            }

            if (way.Process is { } process && way.Restarts == restarts && Wants("download") && Wants("upload"))
            {
                _processor.Add(way.Kind, (process.ProcessorTime - before).TotalSeconds / (2.0 * Transfer / (1024 * MiB)));
            }
        }

        foreach (Way way in ways.Where(_ => Wants("rtt")))
        {
            double[] times = await way.MeasureAsync(end => Measurements.RoundTripsAsync(end, 2000));
            _roundTripMedian.Add(way.Kind, Figure.Median(times));
            _roundTrip99.Add(way.Kind, Figure.Quantile(times, 0.99));
        }

        foreach (Way way in ways.Where(_ => Wants("connect")))
        {
            _connect.Add(way.Kind, Figure.Median(await way.MeasureAsync(end => Measurements.ConnectsAsync(end, 100))));
        }

        foreach (Way way in ways.Where(_ => Wants("parallel")))
        {
            _parallel.Add(way.Kind, await way.MeasureAsync(end => Measurements.DownloadAsync(end, Transfer / Parallel, Parallel)) / 1e6);
        }
    }

    /// <summary>Measures how much the forwarding processes grow past their idle size while 1 GiB passes to a slow reader.</summary>
    public async Task RunMemoryAsync(IEnumerable<Way> ways)
    {
        foreach (Way way in ways.Where(w => w.Process is not null && Wants("memory")))
        {
            _memory.Add(way.Kind, await way.MeasureAsync(async end =>
            {
                ForwardProcess process = way.Process!;
                double idle = process.ResidentMiB;
                double peak = idle;
                await Measurements.DownloadSlowlyAsync(end, 1024 * MiB, SlowReader, () => peak = Math.Max(peak, process.ResidentMiB));
                return peak - idle;
            }));
        }
    }

    private bool Wants(string figure) => only is null || only.Contains(figure);
}
