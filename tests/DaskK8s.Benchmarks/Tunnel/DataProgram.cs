namespace DaskK8s.Benchmarks.Tunnel;

/// <summary>
/// Holds the program of a pod that sends, takes and echoes bytes. Each connection begins with one letter and a count of eight bytes:
/// <c>d</c> downloads, <c>u</c> uploads and gets one byte, <c>e</c> echoes, <c>c</c> closes at once, <c>n</c> reads nothing for as many
/// milliseconds and closes.
/// </summary>
internal static class DataProgram
{
    public const string Python = """
        import socket, struct, sys, threading, time
        ZEROS = memoryview(bytes(1 << 20))
        def exactly(s, n):
            b = b''
            while len(b) < n:
                c = s.recv(n - len(b))
                if not c: raise EOFError
                b += c
            return b
        def serve(s):
            try:
                s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                kind, count = struct.unpack('<cQ', exactly(s, 9))
                if kind == b'd':
                    while count:
                        n = min(count, len(ZEROS)); s.sendall(ZEROS[:n]); count -= n
                elif kind == b'u':
                    room = bytearray(1 << 20)
                    while count: 
                        n = s.recv_into(room, min(count, len(room)))
                        if not n: return
                        count -= n
                    s.sendall(b'x')
                elif kind == b'n':
                    time.sleep(count / 1000)
                elif kind == b'e':
                    while True:
                        b = s.recv(65536)
                        if not b: return
                        s.sendall(b)
            except (EOFError, OSError): pass
            finally: s.close()
        l = socket.socket(); l.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        l.bind(('0.0.0.0', int(sys.argv[1]))); l.listen(512)
        while True:
            c, _ = l.accept()
            threading.Thread(target=serve, args=(c,), daemon=True).start()
        """;
}
