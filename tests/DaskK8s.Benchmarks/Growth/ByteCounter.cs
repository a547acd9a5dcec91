using System.Net;

namespace DaskK8s.Benchmarks.Growth;

/// <summary>Counts the requests of a client, and the bytes of their answers' bodies as they are read.</summary>
internal sealed class ByteCounter : DelegatingHandler
{
    private int _requests;
    private long _bytes;

    public int Requests => _requests;

    public long Bytes => Interlocked.Read(ref _bytes);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _requests);
        HttpResponseMessage response = await base.SendAsync(request, cancellationToken);
        if (response.StatusCode != HttpStatusCode.SwitchingProtocols)
        {
            StreamContent counted = new(new Counted(await response.Content.ReadAsStreamAsync(cancellationToken), this));
            foreach ((string name, IEnumerable<string> values) in response.Content.Headers)
            {
                counted.Headers.TryAddWithoutValidation(name, values);
            }

            response.Content = counted;
        }

        return response;
    }

    private sealed class Counted(Stream inner, ByteCounter counter) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => Count(inner.Read(buffer, offset, count));

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            Count(await inner.ReadAsync(buffer, cancellationToken));

        public override async Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            Count(await inner.ReadAsync(buffer.AsMemory(offset, count), cancellationToken));

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            inner.Dispose();
            base.Dispose(disposing);
        }

        private int Count(int read)
        {
            Interlocked.Add(ref counter._bytes, read);
            return read;
        }
    }
}
