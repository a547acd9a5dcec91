using System.Globalization;
using System.Text.Json.Nodes;

namespace DaskK8s.Benchmarks.Tunnel;

/// <summary>Is one row of the comparison with kubectl.</summary>
/// <param name="name">The name in the report.</param>
/// <param name="unit">The unit of the values.</param>
/// <param name="goal">The ratio to reach, ours to kubectl's.</param>
/// <param name="isMinimum">Whether the ratio is to be at least the goal; else at most.</param>
internal sealed class Figure(string name, string unit, double goal, bool isMinimum)
{
    private readonly List<double> ours = [];
    private readonly List<double> kubectl = [];
    private readonly List<double> direct = [];

    public string Name => name;

    public double Ratio => Median(ours) / Median(kubectl);

    public bool IsReached => isMinimum ? Ratio >= goal : Ratio <= goal;

    public void Add(string way, double value) => (way switch
    {
        "ours" => ours,
        "kubectl" => kubectl,
        _ => direct,
    }).Add(value);

    public JsonObject ToJson() => new()
    {
        ["unit"] = unit,
        ["ratio"] = Round(Ratio),
        ["goal"] = $"{(isMinimum ? "at least" : "at most")} {goal.ToString(CultureInfo.InvariantCulture)}",
        ["reached"] = IsReached,
        ["ours"] = Json(ours),
        ["kubectl"] = Json(kubectl),
        ["direct"] = direct.Count == 0 ? null : Json(direct),
    };

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{name,-12} {Ratio,6:0.00} : 1  ({(isMinimum ? "at least" : "at most")} {goal}: {(IsReached ? "reached" : "NOT reached")})  ours {Text(ours)}, kubectl {Text(kubectl)}, direct {Text(direct)} {unit}");

    public static double Median(IReadOnlyCollection<double> values) => Quantile(values, 0.5);

    public static double Quantile(IReadOnlyCollection<double> values, double quantile)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length == 0 ? double.NaN : sorted[(int)Math.Min(sorted.Length - 1, Math.Floor(quantile * sorted.Length))];
    }

    private static string Text(List<double> values) => values.Count == 0
        ? "-"
        : string.Create(CultureInfo.InvariantCulture, $"{Median(values):0.###} ({values.Min():0.###}-{values.Max():0.###})");

    private static JsonObject Json(List<double> values) => new()
    {
        ["median"] = Round(Median(values)),
        ["min"] = Round(values.Min()),
        ["max"] = Round(values.Max()),
        ["values"] = new JsonArray([.. values.Select(v => (JsonNode)Round(v))]),
    };

    private static double Round(double value) => double.IsFinite(value) ? Math.Round(value, 4) : 0;
}
