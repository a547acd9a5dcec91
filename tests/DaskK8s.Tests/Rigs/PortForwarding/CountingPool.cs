using System.Buffers;
using System.Collections.Concurrent;

namespace DaskK8s.Tests.Rigs.PortForwarding;

/// <summary>A pool that knows who has what: nothing may be kept, and nothing given back twice.</summary>
internal sealed class CountingPool : ArrayPool<byte>
{
    private readonly ConcurrentDictionary<byte[], bool> _lent = new(ReferenceEqualityComparer.Instance);
    private int _twice;

    public int Lent => _lent.Count;

    public int ReturnedTwice => _twice;

    public override byte[] Rent(int minimumLength)
    {
        byte[] array = Shared.Rent(minimumLength);
        _lent[array] = true;
        return array;
    }

    public override void Return(byte[] array, bool clearArray = false)
    {
        if (!_lent.TryRemove(array, out _))
        {
            Interlocked.Increment(ref _twice);
            return;
        }

        // What is still read from it now, wrongly, is seen.
        array.AsSpan().Fill(0xDB);
        Shared.Return(array);
    }
}
