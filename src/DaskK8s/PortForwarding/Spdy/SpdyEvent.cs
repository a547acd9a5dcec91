namespace DaskK8s.PortForwarding.Spdy;

/// <summary>The result of decoding: a piece of a data frame, or the relevant fields of a control frame.</summary>
internal readonly ref struct SpdyEvent
{
    /// <summary>Gets the kind of frame; a number that SPDY does not define stands for a frame to ignore.</summary>
    public required SpdyFrameType Type { get; init; }

    /// <summary>Gets the stream; of a ping its id, of a go-away the last stream that the peer still serves.</summary>
    public int StreamId { get; init; }

    /// <summary>Gets why, for a reset and a go-away.</summary>
    public int Status { get; init; }

    /// <summary>Gets whether the sender's side of the stream ends with this event.</summary>
    public bool Fin { get; init; }

    /// <summary>Gets the piece of payload that was at hand; a data frame may come in any number of pieces.</summary>
    public ReadOnlySpan<byte> Data { get; init; }
}
