namespace DaskK8s.PortForwarding.Spdy;

/// <summary>Is thrown by the decoder when the bytes are no SPDY/3.1; the session is then over.</summary>
internal sealed class SpdyProtocolException(string message) : IOException(message);
