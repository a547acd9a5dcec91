using System.Globalization;
using System.Text.Json.Nodes;

namespace DaskK8s.Benchmarks.Tunnel;

/// <summary>One row of the comparison with kubectl.</summary>
/// <param name="name">The name in the report.</param>
/// <param name="unit">The unit of the values.</param>
/// <param name="goal">What to reach: the ratio of ours to kubectl's, or a value of ours.</param>
/// <param name="isMinimum">Whether it is to be at least the goal; else at most.</param>
/// <param name="isRatio">Whether the goal is a ratio.</param>
internal sealed class Figure(string name, string unit, double goal, bool isMinimum, bool isRatio = true)
{
    private readonly List<double> _ours = [];
    private readonly List<double> _theirs = [];
    private readonly List<double> _direct = [];

    public string Name => name;

    /// <summary>Gets the ratio of the medians; null where one side could not be measured.</summary>
    public double? Ratio => _ours.Count > 0 && _theirs.Count > 0 && Median(_theirs) > 0 ? Median(_ours) / Median(_theirs) : null;

    public bool IsMeasured => _ours.Count > 0;

    public bool IsReached => (isRatio ? Ratio : Median(_ours)) is { } value && (isMinimum ? value >= goal : value <= goal);

    public void Add(WayKind way, double value) => (way switch
    {
        WayKind.Ours => _ours,
        WayKind.Kubectl => _theirs,
        _ => _direct,
    }).Add(value);

    public JsonObject ToJson() => new()
    {
        ["ours"] = Round(Median(_ours)),
        ["theirs"] = Round(Median(_theirs)),
        ["ratio"] = Ratio is { } ratio ? Round(ratio) : null,
        ["unit"] = unit,
        ["goal"] = Goal,
        ["reached"] = IsReached,
        ["ours_runs"] = Json(_ours),
        ["theirs_runs"] = Json(_theirs),
        ["direct_runs"] = Json(_direct),
    };

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{name,-18} {Ratio,6:0.00} : 1   {Goal,-22} {(IsReached ? "reached" : "NOT reached"),-12} ours {Text(_ours)}, kubectl {Text(_theirs)}, direct {Text(_direct)} {unit}");

    public static double Median(IReadOnlyCollection<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length == 0 ? double.NaN : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    public static double Quantile(IReadOnlyCollection<double> values, double quantile)
    {
        double[] sorted = [.. values.Order()];
        return sorted[(int)Math.Min(sorted.Length - 1, Math.Floor(quantile * sorted.Length))];
    }

    private string Goal => string.Create(CultureInfo.InvariantCulture, $"{(isMinimum ? "at least" : "at most")} {goal}{(isRatio ? " : 1" : " " + unit)}");

    private static string Text(List<double> values) => values.Count == 0
        ? "-"
        : string.Create(CultureInfo.InvariantCulture, $"{Median(values):0.###} ({values.Min():0.###}-{values.Max():0.###})");

    private static JsonArray Json(List<double> values) => [.. values.Select(v => (JsonNode?)Round(v))];

    private static double? Round(double value) => double.IsFinite(value) ? Math.Round(value, 4) : null;
}
