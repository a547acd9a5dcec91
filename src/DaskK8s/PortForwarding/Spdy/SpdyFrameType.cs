namespace DaskK8s.PortForwarding.Spdy;

/// <summary>The frames of SPDY/3.1, by their type number; data frames have none.</summary>
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
