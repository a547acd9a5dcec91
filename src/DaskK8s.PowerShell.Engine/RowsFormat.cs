using System.Text.Json;

using Apache.Arrow;

namespace DaskK8s.PowerShell;

/// <summary>Hands on the rows of a table while it comes, and lets all other results travel as JSON.</summary>
/// <param name="row">Takes each row with the names of its values.</param>
internal sealed class RowsFormat(Action<string[], object?[]> row) : ArrowFormat
{
    private const string TableOrPlain = "any";

    private long _rows;

    public override string? GetTarget(Type type) => type == typeof(JsonElement) ? TableOrPlain : null;

    public override async ValueTask<object> ReadAsync(Type type, DaskContent content, CancellationToken cancellationToken)
    {
        try
        {
            (TableReader? reader, string[] names) = (null, []);
            IAsyncEnumerable<RecordBatch> batches = (IAsyncEnumerable<RecordBatch>)await base.ReadAsync(typeof(IAsyncEnumerable<RecordBatch>), content, cancellationToken).ConfigureAwait(false);
            await foreach (RecordBatch batch in batches.WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                if (reader is null)
                {
                    reader = new TableReader(batch.Schema);
                    names = PropertyNames.Of(reader.Names);
                }

                foreach (object?[] values in reader.Read(batch))
                {
                    row(names, values);
                    _rows++;
                }
            }

            return default(JsonElement);
        }
        catch (DaskTransferException e) when (_rows > 0)
        {
            // The client would begin anew, and who takes the rows would have some of them twice.
            throw new DaskResultException(content.Key, "table", $"{e.Message} {_rows} rows of it were given before.", e);
        }
    }
}
