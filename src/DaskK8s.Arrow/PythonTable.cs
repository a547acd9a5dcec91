using Apache.Arrow;

namespace DaskK8s;

/// <summary>A table and its type in Python: <see cref="DaskTables.AsPandas"/>, <see cref="DaskTables.AsPyArrow"/>, <see cref="DaskTables.AsPolars"/>.</summary>
public sealed class PythonTable
{
    internal PythonTable(Table table, string target)
    {
        ArgumentNullException.ThrowIfNull(table);
        Table = table;
        Target = target;
    }

    /// <summary>Gets the table.</summary>
    public Table Table { get; }

    internal string Target { get; }
}
