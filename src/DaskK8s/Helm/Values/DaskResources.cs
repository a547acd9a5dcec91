using System.Globalization;

namespace DaskK8s.Helm.Values;

/// <summary>Reads and writes Dask's abstract resources: <c>GPU=1,MEMORY=6e9</c> or <c>GPU=1 MEMORY=6e9</c>.</summary>
internal static class DaskResources
{
    /// <summary>Parses resources as <c>dask worker --resources</c> does; parts that Dask would reject are left out.</summary>
    public static IReadOnlyDictionary<string, double> Parse(string? text)
    {
        OrderedDictionary<string, double> resources = new(StringComparer.Ordinal);
        foreach (string pair in (text ?? "").Split([',', ' ', '\t', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries))
        {
            if (pair.Split('=') is [{ Length: > 0 } name, var amount]
                && double.TryParse(amount.Replace("_", "", StringComparison.Ordinal), NumberStyles.Float, CultureInfo.InvariantCulture, out double value))
            {
                resources[name] = value;
            }
        }

        return resources;
    }

    /// <summary>Formats resources so that Dask parses the same numbers.</summary>
    public static string Format(IEnumerable<KeyValuePair<string, double>> resources) =>
        string.Join(',', resources.Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Key}={pair.Value:R}")));
}
