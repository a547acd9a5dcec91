using System.Text.Json.Nodes;

namespace DaskK8s.Benchmarks.Growth;

/// <summary>One figure: ours at a large size, the small case or the rival beside it, and what to reach.</summary>
/// <param name="Name">The name in the report.</param>
/// <param name="Unit">The unit of the runs.</param>
/// <param name="Against">What it is compared with.</param>
/// <param name="Goal">The largest ratio, or the largest value where there is nothing beside it.</param>
/// <param name="Ours">Our runs.</param>
/// <param name="Theirs">The others'; none for a value of its own.</param>
internal sealed record GrowthFigure(string Name, string Unit, string Against, double Goal, double[] Ours, double[] Theirs)
{
    /// <summary>Gets whether it is to be at least the goal.</summary>
    public bool IsMinimum { get; init; }

    public double OursMedian => Tunnel.Figure.Median(Ours);

    public double? Ratio => Theirs.Length == 0 ? null : OursMedian / Tunnel.Figure.Median(Theirs);

    public bool IsReached => IsMinimum ? (Ratio ?? OursMedian) >= Goal : (Ratio ?? OursMedian) <= Goal;

    public JsonObject ToJson() => new()
    {
        ["ours"] = Math.Round(OursMedian, 3),
        ["theirs"] = Theirs.Length == 0 ? null : Math.Round(Tunnel.Figure.Median(Theirs), 3),
        ["ratio"] = Ratio is { } ratio ? Math.Round(ratio, 3) : null,
        ["unit"] = Unit,
        ["against"] = Against,
        ["goal"] = Goal,
        ["reached"] = IsReached,
        ["ours_runs"] = new JsonArray([.. Ours.Select(static v => JsonValue.Create(Math.Round(v, 3)))]),
        ["theirs_runs"] = new JsonArray([.. Theirs.Select(static v => JsonValue.Create(Math.Round(v, 3)))]),
    };

    public override string ToString() => FormattableString.Invariant(
        $"{Name,-18} {(Ratio is { } ratio ? FormattableString.Invariant($"{ratio:0.00} : 1") : "-"),-10} {(IsMinimum ? "at least" : "at most")} {Goal:0.##}{(Ratio is null ? $" {Unit}" : " : 1")} {(IsReached ? "reached" : "NOT reached"),-12} ours {OursMedian:0.###} {Unit}{(Theirs.Length == 0 ? "" : $", {Against} {Tunnel.Figure.Median(Theirs):0.###} {Unit}")}");
}
