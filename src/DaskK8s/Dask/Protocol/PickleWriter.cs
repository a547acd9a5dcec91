using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace DaskK8s.Dask.Protocol;

/// <summary>Writes Python's pickle format, protocol 4, with only the opcodes for plain values and references to globals.</summary>
/// <remarks>There is no reader, because reading a pickle runs code.</remarks>
internal sealed class PickleWriter
{
    private readonly ArrayBufferWriter<byte> _buffer = new(64);

    public PickleWriter()
    {
        Op(0x80);
        Op(4);
    }

    /// <summary>Ends the pickle and returns its bytes.</summary>
    public byte[] ToArray()
    {
        Op((byte)'.');
        return _buffer.WrittenSpan.ToArray();
    }

    /// <summary>Returns the pickle of a single global: <c>builtins</c>, <c>exec</c>.</summary>
    public static byte[] Global(string module, string name) => Encoding.UTF8.GetBytes($"c{module}\n{name}\n.");

    public void None() => Op((byte)'N');

    public void Boolean(bool value) => Op(value ? (byte)0x88 : (byte)0x89);

    public void Integer(long value)
    {
        if (value is >= 0 and <= 255)
        {
            Op((byte)'K');
            Op((byte)value);
        }
        else if (value is >= int.MinValue and <= int.MaxValue)
        {
            Op((byte)'J');
            BinaryPrimitives.WriteInt32LittleEndian(_buffer.GetSpan(4), (int)value);
            _buffer.Advance(4);
        }
        else
        {
            Op(0x8a);
            Op(8);
            BinaryPrimitives.WriteInt64LittleEndian(_buffer.GetSpan(8), value);
            _buffer.Advance(8);
        }
    }

    public void Unsigned(ulong value)
    {
        if (value <= long.MaxValue)
        {
            Integer((long)value);
            return;
        }

        Op(0x8a);
        Op(9);
        BinaryPrimitives.WriteUInt64LittleEndian(_buffer.GetSpan(8), value);
        _buffer.Advance(8);
        // The ninth byte is the sign.
        Op(0);
    }

    public void Float(double value)
    {
        Op((byte)'G');
        BinaryPrimitives.WriteDoubleBigEndian(_buffer.GetSpan(8), value);
        _buffer.Advance(8);
    }

    public void Text(ReadOnlySpan<char> value)
    {
        int length = Encoding.UTF8.GetByteCount(value);
        Sized(length, 0x8c, (byte)'X');
        _buffer.Advance(Encoding.UTF8.GetBytes(value, _buffer.GetSpan(length)));
    }

    public void Bytes(ReadOnlySpan<byte> value)
    {
        Sized(value.Length, (byte)'C', (byte)'B');
        _buffer.Write(value);
    }

    /// <summary>Writes mutable bytes: a <c>bytearray</c>.</summary>
    public void MutableBytes(long length, Action<Memory<byte>> fill)
    {
        Op(0x96);
        BinaryPrimitives.WriteInt64LittleEndian(_buffer.GetSpan(8), length);
        _buffer.Advance(8);
        int size = checked((int)length);
        fill(_buffer.GetMemory(size)[..size]);
        _buffer.Advance(size);
    }

    /// <summary>Writes a NumPy array; <paramref name="fill"/> writes its bytes.</summary>
    public void NumpyArray(string dtype, IReadOnlyList<int> shape, long length, Action<Memory<byte>> fill)
    {
        _buffer.Write("cnumpy\nndarray\n"u8);
        BeginTuple();
        BeginTuple();
        foreach (int dimension in shape)
        {
            Integer(dimension);
        }

        EndTuple();
        Text(dtype);
        MutableBytes(length, fill);
        EndTuple();
        Op((byte)'R');
    }

    /// <summary>Replaces the preceding value with the object that it describes (see <c>transfers.py</c>).</summary>
    public void Persistent() => Op((byte)'Q');

    /// <summary>Writes a reference to the result of another task, by its index in the list of dependencies.</summary>
    public void PersistentId(int index)
    {
        Integer(index);
        Op((byte)'Q');
    }

    /// <summary>Writes a call of a class with a string: <c>decimal</c>, <c>Decimal</c>, <c>1.5</c>.</summary>
    public void Call(string module, string name, ReadOnlySpan<char> argument)
    {
        _buffer.Write(Encoding.UTF8.GetBytes($"c{module}\n{name}\n"));
        BeginTuple();
        Text(argument);
        EndTuple();
        Op((byte)'R');
    }

    public void BeginList()
    {
        Op((byte)']');
        Op((byte)'(');
    }

    public void EndList() => Op((byte)'e');

    public void BeginMap()
    {
        Op((byte)'}');
        Op((byte)'(');
    }

    public void EndMap() => Op((byte)'u');

    public void BeginTuple() => Op((byte)'(');

    public void EndTuple() => Op((byte)'t');

    private void Sized(int length, byte small, byte large)
    {
        if (length <= 255)
        {
            Op(small);
            Op((byte)length);
        }
        else
        {
            Op(large);
            BinaryPrimitives.WriteInt32LittleEndian(_buffer.GetSpan(4), length);
            _buffer.Advance(4);
        }
    }

    private void Op(byte value)
    {
        _buffer.GetSpan(1)[0] = value;
        _buffer.Advance(1);
    }
}
