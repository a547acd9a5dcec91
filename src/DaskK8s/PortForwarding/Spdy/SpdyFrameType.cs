namespace DaskK8s.PortForwarding.Spdy;

/// <summary>Names the frames of SPDY/3.1 by their number on the wire; data frames have none.</summary>
internal enum SpdyFrameType
{
    Data = 0,
    SynStream = 1,
    SynReply = 2,
    RstStream = 3,
    Settings = 4,
    Ping = 6,
    GoAway = 7,
    Headers = 8,
    WindowUpdate = 9,
}
