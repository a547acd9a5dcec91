namespace DaskK8s.PortForwarding.Spdy;

/// <summary>The exception that is thrown when the received bytes are not SPDY/3.1; the session then ends.</summary>
internal sealed class SpdyProtocolException(string message) : IOException(message);
