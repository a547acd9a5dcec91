using System.Text.Json;

using Apache.Arrow;

namespace DaskK8s;

/// <summary>Reads the rows of a table as .NET values, for display or export.</summary>
/// <remarks>
/// <para>The index of a pandas dataframe comes first. Nulls are <see langword="null"/>. Integers, floats, booleans and strings are .NET's types; categories are their values;
/// decimals are <see cref="decimal"/>, or strings if they are longer; bytes are <c>byte[]</c>.</para>
/// <para>Timestamps are <see cref="DateTimeOffset"/> in their time zone, or <see cref="DateTime"/> if they have none; dates are <see cref="DateOnly"/>, times of day <see cref="TimeOnly"/>,
/// durations <see cref="TimeSpan"/>, to 100 ns; out-of-range values are the raw number. Lists are <c>object?[]</c>; structs and maps are dictionaries with string keys.</para>
/// </remarks>
public sealed class TableReader
{
    private const string UnnamedIndex = "__index_level_";

    private readonly int[] _order;

    /// <summary>Creates a reader.</summary>
    /// <param name="schema">The table's schema.</param>
    public TableReader(Schema schema)
    {
        ArgumentNullException.ThrowIfNull(schema);
        string[] index = PandasIndex(schema);
        _order = [.. Enumerable.Range(0, schema.FieldsList.Count).OrderBy(i => index.Contains(schema.GetFieldByIndex(i).Name) ? 0 : 1)];
        Fields = [.. _order.Select(schema.GetFieldByIndex)];
        Names = [.. Fields.Select(f => !index.Contains(f.Name) || !f.Name.StartsWith(UnnamedIndex, StringComparison.Ordinal) ? f.Name
            : index.Length == 1 ? "index" : $"level_{f.Name[UnnamedIndex.Length..].TrimEnd('_')}")];
    }

    /// <summary>Gets the columns in the order in which they are read.</summary>
    public IReadOnlyList<Field> Fields { get; }

    /// <summary>Gets the column names; a pandas index without a name is <c>index</c>, as in <c>reset_index()</c>.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Reads the rows of a batch.</summary>
    /// <param name="batch">A batch of the schema.</param>
    /// <returns>The rows: a value for each of <see cref="Names"/>.</returns>
    public IEnumerable<object?[]> Read(RecordBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return Rows();

        IEnumerable<object?[]> Rows()
        {
            Func<int, object?>[] columns = [.. _order.Select(i => ColumnValues.Of(batch.Column(i)))];
            for (int row = 0; row < batch.Length; row++)
            {
                object?[] values = new object?[columns.Length];
                for (int i = 0; i < values.Length; i++)
                {
                    values[i] = columns[i](row);
                }

                yield return values;
            }
        }
    }

    /// <summary>Reads the rows of a table.</summary>
    /// <param name="table">A table of the schema.</param>
    /// <returns>The rows: a value for each of <see cref="Names"/>.</returns>
    public IEnumerable<object?[]> Read(Table table)
    {
        ArgumentNullException.ThrowIfNull(table);
        return TableBatches.Of(table).SelectMany(Read);
    }

    private static string[] PandasIndex(Schema schema)
    {
        if (schema.Metadata?.GetValueOrDefault("pandas") is not { } pandas)
        {
            return [];
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(pandas);
            // A range has no column; it is told as an object.
            return document.RootElement.TryGetProperty("index_columns", out JsonElement columns) && columns.ValueKind == JsonValueKind.Array
                ? [.. columns.EnumerateArray().Where(static c => c.ValueKind == JsonValueKind.String).Select(static c => c.GetString()!)]
                : [];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return [];
        }
    }
}
