using System.Diagnostics.Metrics;

namespace DaskK8s.Benchmarks;

/// <summary>
/// Counts every HTTP request that leaves this process, where .NET itself counts them: beneath all handlers, so that calls, watches,
/// upgrades and repetitions are all seen.
/// </summary>
internal sealed class RequestCounter : IDisposable
{
    private readonly MeterListener _listener = new();
    private int _count;

    public RequestCounter()
    {
        _listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument is { Name: "http.client.active_requests", Meter.Name: "System.Net.Http" })
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, change, _, _) => Interlocked.Add(ref _count, change > 0 ? (int)change : 0));
        _listener.Start();
    }

    public int Count => _count;

    public void Dispose() => _listener.Dispose();
}
