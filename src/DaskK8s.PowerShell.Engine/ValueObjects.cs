namespace DaskK8s.PowerShell;

/// <summary>Provides values as plain objects: maps, lists, texts, numbers, truth values.</summary>
public static class ValueObjects
{
    /// <summary>Reads all computed values.</summary>
    /// <param name="values">The values.</param>
    /// <returns>A map of the top keys.</returns>
    public static object? ReadAll(HelmValues values)
    {
        ArgumentNullException.ThrowIfNull(values);
        return HelmValues.Converter.TryConvert(values.Computed.Config, out object? all) ? all : null;
    }
}
