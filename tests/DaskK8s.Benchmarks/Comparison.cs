using System.Text.Json.Nodes;

namespace DaskK8s.Benchmarks;

/// <summary>One figure of ours beside the same figure of the Python original, from alternating runs.</summary>
internal sealed record Comparison(string Name, string Unit, string Ratio, double[] Ours, double[] Theirs)
{
    public double OursMedian => Median(Ours);

    public double TheirsMedian => Median(Theirs);

    /// <summary>Gets ours over theirs, or theirs over ours, as <see cref="Ratio"/> says.</summary>
    public double Value => Ratio == "ours/theirs" ? OursMedian / TheirsMedian : TheirsMedian / OursMedian;

    public JsonObject ToJson() => new()
    {
        ["ours"] = OursMedian,
        ["theirs"] = TheirsMedian,
        ["ratio"] = Value,
        ["ratio_is"] = Ratio,
        ["unit"] = Unit,
        ["ours_runs"] = new JsonArray([.. Ours.Select(v => JsonValue.Create(v))]),
        ["theirs_runs"] = new JsonArray([.. Theirs.Select(v => JsonValue.Create(v))]),
    };

    public override string ToString() => $"{Name}: ours {OursMedian:0.###} {Unit}, theirs {TheirsMedian:0.###} {Unit}, {Ratio} = {Value:0.00}";

    private static double Median(double[] runs)
    {
        double[] sorted = [.. runs.Order()];
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }
}
