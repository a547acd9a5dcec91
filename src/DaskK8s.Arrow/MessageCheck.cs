using System.Buffers.Binary;

namespace DaskK8s;

/// <summary>Checks what Apache.Arrow does not check in the metadata of a stream: that each list fits into the bytes that contain it.</summary>
/// <remarks>The metadata are flatbuffers of Arrow's <c>Message.fbs</c> and <c>Schema.fbs</c>; a slot is a field's place in its table's vtable.</remarks>
internal ref struct MessageCheck
{
    private const int MaxDepth = 64;
    private const int Continuation = -1;

    private const byte SchemaHeader = 1;
    private const byte DictionaryHeader = 2;
    private const byte RecordBatchHeader = 3;

    private readonly ReadOnlySpan<byte> _bytes;
    private int _fields;

    private MessageCheck(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>Checks all messages of a stream.</summary>
    /// <exception cref="InvalidDataException">A list declares more items than there are bytes for.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An offset points outside the metadata.</exception>
    public static void Check(ReadOnlySpan<byte> stream)
    {
        while (stream.Length >= 4)
        {
            int prefix = Int(stream, 0);
            int start = prefix == Continuation ? 8 : 4;
            int length = prefix == Continuation ? Int(stream, 4) : prefix;
            if (length == 0)
            {
                return;
            }

            long body = new MessageCheck(stream.Slice(start, length)).CheckMessage();
            stream = stream[(int)Math.Min(stream.Length, start + length + Math.Max(0, body))..];
        }
    }

    private static int Int(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadInt32LittleEndian(bytes[at..]);

    private readonly int Int(int at) => Int(_bytes, at);

    /// <summary>Returns the position of a field of a table, or 0 if it has none.</summary>
    private readonly int Field(int table, int slot)
    {
        int vtable = table - Int(table);
        int size = BinaryPrimitives.ReadUInt16LittleEndian(_bytes[vtable..]);
        int offset = slot < size ? BinaryPrimitives.ReadUInt16LittleEndian(_bytes[(vtable + slot)..]) : 0;
        return offset == 0 ? 0 : table + offset;
    }

    private readonly int Follow(int at) => at + Int(at);

    private long CheckMessage()
    {
        int message = Follow(0);
        int kind = Field(message, 6);
        int header = Field(message, 8);
        int body = Field(message, 10);
        if (header != 0 && kind != 0)
        {
            switch (_bytes[kind])
            {
                case SchemaHeader:
                    CheckSchema(Follow(header));
                    break;
                case DictionaryHeader:
                    int data = Field(Follow(header), 6);
                    CheckBatch(data == 0 ? 0 : Follow(data));
                    break;
                case RecordBatchHeader:
                    CheckBatch(Follow(header));
                    break;
                default:
                    break;
            }
        }

        CheckVector(Field(message, 12), 4);
        return body == 0 ? 0 : BinaryPrimitives.ReadInt64LittleEndian(_bytes[body..]);
    }

    private void CheckSchema(int schema)
    {
        CheckVector(Field(schema, 8), 4);
        CheckVector(Field(schema, 10), 8);
        CheckFields(Field(schema, 6), 0);
    }

    private void CheckFields(int vector, int depth)
    {
        int count = CheckVector(vector, 4);
        for (int i = 0; i < count; i++)
        {
            if (++_fields > _bytes.Length || depth == MaxDepth)
            {
                throw new InvalidDataException("the schema is nested too deeply, or its fields stand in each other");
            }

            int field = Follow(Follow(vector) + 4 + (4 * i));
            CheckVector(Field(field, 4), 1);
            CheckVector(Field(field, 16), 4);
            CheckFields(Field(field, 14), depth + 1);
        }
    }

    private readonly void CheckBatch(int batch)
    {
        if (batch != 0)
        {
            CheckVector(Field(batch, 6), 16);
            CheckVector(Field(batch, 8), 16);
            CheckVector(Field(batch, 12), 8);
        }
    }

    /// <summary>Returns the number of items of the vector (or string) that a field points to; 0 if there is none.</summary>
    private readonly int CheckVector(int at, int itemBytes)
    {
        if (at == 0)
        {
            return 0;
        }

        int vector = Follow(at);
        int count = Int(vector);
        return count >= 0 && ((long)count * itemBytes) <= _bytes.Length - vector - 4
            ? count
            : throw new InvalidDataException($"a list claims {count} items, and there are {_bytes.Length} bytes of metadata");
    }
}
