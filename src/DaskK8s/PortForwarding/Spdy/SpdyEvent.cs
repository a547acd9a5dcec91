namespace DaskK8s.PortForwarding.Spdy;

/// <summary>The result of decoding: a part of a data frame, or the relevant fields of a control frame.</summary>
internal readonly ref struct SpdyEvent
{
    /// <summary>Gets the type of frame; a number that SPDY does not define means a frame to ignore.</summary>
    public required SpdyFrameType Type { get; init; }

    /// <summary>Gets the stream; for a ping, its ID; for a go-away, the last stream that the peer still serves.</summary>
    public int StreamId { get; init; }

    /// <summary>Gets the reason for a reset or a go-away.</summary>
    public int Status { get; init; }

    /// <summary>Gets whether the sender's side of the stream ends with this event.</summary>
    public bool Fin { get; init; }

    /// <summary>Gets the available part of the payload; a data frame can arrive in any number of parts.</summary>
    public ReadOnlySpan<byte> Data { get; init; }
}
