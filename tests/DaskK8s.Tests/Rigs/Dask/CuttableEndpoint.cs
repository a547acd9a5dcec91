using DaskK8s.Dask.Protocol;

namespace DaskK8s.Tests.Rigs.Dask;

/// <summary>A way to a real scheduler that can be cut and blocked, as a tunnel can.</summary>
internal sealed class CuttableEndpoint(string address)
{
    private readonly SchedulerEndpoint _real = SchedulerEndpoint.Parse(address);
    private readonly List<Stream> _streams = [];

    public bool Blocked { get; set; }

    /// <summary>Gets how long what is written is under way; a stream that is closed drops it.</summary>
    public TimeSpan Latency { get; init; }

    public int Dialled { get; private set; }

    public SchedulerEndpoint Endpoint => _real with { Dialer = DialAsync };

    /// <summary>Ends all connections that are open now.</summary>
    public void Cut()
    {
        lock (_streams)
        {
            _streams.ForEach(s => s.Dispose());
            _streams.Clear();
        }
    }

    private async ValueTask<Stream> DialAsync(CancellationToken cancellationToken)
    {
        if (Blocked)
        {
            throw new IOException("The tunnel is down.");
        }

        Stream stream = await _real.Dialer(cancellationToken);
        stream = Latency > TimeSpan.Zero ? new LateStream(stream, Latency) : stream;
        lock (_streams)
        {
            Dialled++;
            _streams.Add(stream);
        }

        return stream;
    }
}
