using System.Runtime.CompilerServices;
using System.Text;

using Apache.Arrow;
using Apache.Arrow.Ipc;

namespace DaskK8s;

/// <summary>Transfers tables as Arrow IPC streams (see <c>tables.py</c>).</summary>
internal class ArrowFormat : DaskFormat
{
    private const string Batch = "batch";
    private const string Batches = "stream";

    public ArrowFormat()
        : base(Read("tables.py"))
    {
    }

    public override string? GetTarget(Type type) =>
        type == typeof(RecordBatch) ? Batch
        : type == typeof(Table) || type == typeof(IAsyncEnumerable<RecordBatch>) ? Batches
        : null;

    public override string? GetTarget(object value) => value switch
    {
        PythonTable table => table.Target,
        Table or RecordBatch => "pandas",
        _ => null,
    };

    public override async ValueTask<object> ReadAsync(Type type, DaskContent content, CancellationToken cancellationToken)
    {
        if (type == typeof(IAsyncEnumerable<RecordBatch>))
        {
            // Read when this call is over: whoever enumerates it brings a token.
            return ReadBatchesAsync(content, CancellationToken.None);
        }

        List<RecordBatch> all = [];
        await foreach (RecordBatch batch in ReadBatchesAsync(content, cancellationToken).ConfigureAwait(false))
        {
            all.Add(batch);
        }

        return type == typeof(Table) ? Table.TableFromRecordBatches(all[0].Schema, all)
            : all.Count == 1 ? all[0]
            : throw new DaskResultException(content.Key, "Arrow IPC", $"The result of task '{content.Key}' came in {all.Count} batches, where one was asked for.");
    }

    public override async ValueTask WriteAsync(object value, Stream destination, CancellationToken cancellationToken)
    {
        (Schema schema, IEnumerable<RecordBatch> batches) = value switch
        {
            RecordBatch batch => (batch.Schema, [batch]),
            PythonTable table => (table.Table.Schema, TableBatches.Of(table.Table)),
            _ => (((Table)value).Schema, TableBatches.Of((Table)value)),
        };
        using ArrowStreamWriter writer = new(destination, schema, leaveOpen: true);
        await writer.WriteStartAsync(cancellationToken).ConfigureAwait(false);
        foreach (RecordBatch batch in batches)
        {
            await writer.WriteRecordBatchAsync(batch, cancellationToken).ConfigureAwait(false);
        }

        await writer.WriteEndAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads batches as they arrive; an empty table is one empty batch.</summary>
    private static async IAsyncEnumerable<RecordBatch> ReadBatchesAsync(DaskContent content, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Schema? schema = null;
        await foreach (ReadOnlyMemory<byte> piece in content.ReadPiecesAsync(cancellationToken).ConfigureAwait(false))
        {
            foreach (RecordBatch batch in ReadPiece(content.Key, piece, ref schema))
            {
                yield return batch;
            }
        }
    }

    /// <summary>Reads an Arrow stream in memory; the batches are views of it. A stream whose lengths exceed its end is rejected.</summary>
    private static List<RecordBatch> ReadPiece(string key, ReadOnlyMemory<byte> piece, ref Schema? schema)
    {
        try
        {
            MessageCheck.Check(piece.Span);
            using ArrowStreamReader reader = new(piece);
            List<RecordBatch> batches = [];
            while (reader.ReadNextRecordBatch() is { } batch)
            {
                BatchCheck.Check(batch);
                batches.Add(batch);
            }

            if (batches.Count == 0)
            {
                batches.Add(TableBatches.Empty(reader.Schema));
            }

            if (schema is not null && SchemaComparison.Difference(schema, reader.Schema) is { } difference)
            {
                throw new DaskResultException(
                    key,
                    "Arrow IPC",
                    $"The result of task '{key}' changes its schema on the way: {difference}. Give the column one type in all partitions: with pandas, df.astype({{...}}) before they are read.");
            }

            schema ??= reader.Schema;
            return batches;
        }
        catch (Exception e) when (e is not (OutOfMemoryException or DaskResultException))
        {
            throw new DaskResultException(key, "Arrow IPC", $"The result of task '{key}' is not a valid Arrow stream: {e.Message}", e);
        }
    }

    private static string Read(string resource)
    {
        using Stream stream = typeof(ArrowFormat).Assembly.GetManifestResourceStream(resource)!;
        using StreamReader reader = new(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
