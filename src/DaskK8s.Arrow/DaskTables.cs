using Apache.Arrow;

namespace DaskK8s;

/// <summary>Apache Arrow tables as arguments and results of tasks.</summary>
/// <remarks>
/// <para>With <see cref="Format"/> among <see cref="DaskClientOptions.Formats"/>, tasks return <see cref="RecordBatch"/>, <see cref="Table"/> and
/// <c>IAsyncEnumerable&lt;RecordBatch&gt;</c>, and accept <see cref="RecordBatch"/> and <see cref="Table"/>. Workers need <c>pyarrow</c>.</para>
/// </remarks>
public static class DaskTables
{
    /// <summary>Gets the format of tables, for <see cref="DaskClientOptions.Formats"/>.</summary>
    public static DaskFormat Format { get; } = new ArrowFormat();

    /// <summary>Returns options with which a client sends and receives tables.</summary>
    /// <param name="options">The other options; null for the defaults.</param>
    /// <returns>The options.</returns>
    public static DaskClientOptions WithTables(this DaskClientOptions? options)
    {
        options ??= new DaskClientOptions();
        return options with { Formats = [.. options.Formats, Format] };
    }

    /// <summary>Returns a table that becomes a pandas dataframe in Python, as it does by default.</summary>
    /// <param name="table">The table.</param>
    /// <returns>The argument, or the value to scatter.</returns>
    public static PythonTable AsPandas(this Table table) => new(table, "pandas");

    /// <summary>Returns a table that becomes a <c>pyarrow.Table</c> in Python.</summary>
    /// <param name="table">The table.</param>
    /// <returns>The argument, or the value to scatter.</returns>
    public static PythonTable AsPyArrow(this Table table) => new(table, "pyarrow");

    /// <summary>Returns a table that becomes a Polars dataframe in Python.</summary>
    /// <param name="table">The table.</param>
    /// <returns>The argument, or the value to scatter.</returns>
    public static PythonTable AsPolars(this Table table) => new(table, "polars");
}
