using DaskK8s.Dask.Protocol;

namespace DaskK8s.Tests.Rigs.Dask;

/// <summary>Answers every request with the bytes it is given, for answers that no scheduler on this machine gives.</summary>
internal sealed class FakeScheduler(params byte[][] answers)
{
    private int _next;

    public int Dialled { get; private set; }

    public bool SendsHandshake { get; init; } = true;

    /// <summary>Gets whether the connection is closed after the answers; else it stays open and silent.</summary>
    public bool ClosesAfterwards { get; init; } = true;

    public SchedulerEndpoint Endpoint => new("tcp://fake:8786", DialAsync);

    private ValueTask<Stream> DialAsync(CancellationToken cancellationToken)
    {
        Dialled++;
        (Stream ours, Stream theirs) = DuplexStream.CreatePair();
        _ = ServeAsync(theirs);
        return ValueTask.FromResult(ours);
    }

    private async Task ServeAsync(Stream stream)
    {
        if (!SendsHandshake)
        {
            return;
        }

        await stream.WriteAsync(FakeMessages.Frame(FakeMessages.Pack(FakeMessages.Map(("compression", null), ("python", new object?[] { 3, 13, 0 }), ("pickle-protocol", 5)))));
        await FrameCodec.ReadAsync(stream, FrameLimits.Default, default);
        while (_next < answers.Length)
        {
            await FrameCodec.ReadAsync(stream, FrameLimits.Default, default);
            await stream.WriteAsync(answers[_next++]);
        }

        if (ClosesAfterwards)
        {
            await stream.DisposeAsync();
        }
    }
}
