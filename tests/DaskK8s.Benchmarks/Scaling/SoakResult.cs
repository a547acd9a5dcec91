using System.Text.Json.Nodes;

namespace DaskK8s.Benchmarks.Scaling;

/// <summary>What one soak came to.</summary>
internal sealed record SoakResult
{
    public int Rounds { get; init; }

    public int ScaleUps { get; set; }

    public int ScaleDowns { get; set; }

    /// <summary>Gets or sets how many clients were killed while they scaled, and how many had finished before.</summary>
    public (int Killed, int Faster) Clients { get; set; }

    public int Tasks { get; set; }

    public int Runs { get; set; }

    public int KeysMoved { get; set; }

    /// <summary>Gets or sets the workers that could not be retired, each with its reason in the output.</summary>
    public int NotRetired { get; set; }

    /// <summary>Gets or sets the scalings that were refused with a typed error before anything was changed.</summary>
    public int Refused { get; set; }

    public int Lost { get; set; }

    public int Recomputed { get; set; }

    /// <summary>Gets or sets the scalings after which a group did not have the number that was asked for.</summary>
    public int WrongReplicas { get; set; }

    /// <summary>Gets or sets the workers that still take no tasks at the end.</summary>
    public int StuckWorkers { get; set; }

    /// <summary>Gets or sets the pods that still carry a mark or a deletion cost at the end.</summary>
    public int StrayMarks { get; set; }

    public int Upgrades { get; set; }

    /// <summary>Gets or sets the upgrades that failed, as somebody owned a field that they set.</summary>
    public int UpgradeConflicts { get; set; }

    /// <summary>Gets or sets the results of another scheduler's group that were lost or had to be computed again.</summary>
    public int ForeignLost { get; set; }

    /// <summary>Gets or sets the shrinks of that group that were refused, and those that were not.</summary>
    public (int Refused, int Done) ForeignShrinks { get; set; }

    public double Seconds { get; set; }

    /// <summary>Gets whether all is as it should be; a run that was not counted would hide one that was too many.</summary>
    public bool IsClean => Lost + Recomputed + WrongReplicas + StuckWorkers + StrayMarks + UpgradeConflicts + ForeignLost + ForeignShrinks.Done == 0 && Runs == Tasks;

    public static JsonObject Figure(double ours, string unit) => new() { ["ours"] = ours, ["unit"] = unit };

    /// <summary>Writes each figure under a name that begins with the variant's.</summary>
    public void WriteTo(JsonObject report, string variant)
    {
        void Write(string name, double value, string unit) => report[$"{variant}_{name}"] = Figure(value, unit);
        Write("rounds", Rounds, "rounds");
        Write("scale_ups", ScaleUps, "scalings");
        Write("scale_downs", ScaleDowns, "scalings");
        Write("clients_killed", Clients.Killed, "processes");
        Write("clients_faster", Clients.Faster, "processes that had finished before they were to be killed");
        Write("tasks", Tasks, "tasks");
        Write("runs", Runs, "runs of tasks");
        Write("keys_moved", KeysMoved, "results");
        Write("not_retired", NotRetired, "workers");
        Write("refused", Refused, "scalings");
        Write("lost", Lost, "results");
        Write("recomputed", Recomputed, "tasks");
        Write("wrong_replicas", WrongReplicas, "scalings");
        Write("stuck_workers", StuckWorkers, "workers");
        Write("stray_marks", StrayMarks, "pods");
        Write("upgrades", Upgrades, "server-side applies of the release as helm");
        Write("upgrade_conflicts", UpgradeConflicts, "upgrades");
        Write("foreign_refused", ForeignShrinks.Refused, "scalings");
        Write("foreign_shrunk", ForeignShrinks.Done, "scalings");
        Write("foreign_lost", ForeignLost, "results");
        Write("seconds", Math.Round(Seconds, 1), "s");
    }
}
