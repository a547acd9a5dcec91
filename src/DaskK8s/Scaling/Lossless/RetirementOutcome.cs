namespace DaskK8s.Scaling.Lossless;

/// <summary>The outcome of a lossless scale-down.</summary>
/// <param name="Before">The replicas that it found.</param>
/// <param name="Accepted">What the API server accepted, or null where nothing was changed.</param>
/// <param name="After">The replicas now.</param>
/// <param name="AcceptedAfter">When the change was accepted, from the start.</param>
/// <param name="Retired">Who left.</param>
/// <param name="NotRetired">Who was to leave and stayed.</param>
/// <param name="KeysMoved">How many results were moved.</param>
internal sealed record RetirementOutcome(
    int Before,
    AcceptedScale? Accepted,
    int After,
    TimeSpan AcceptedAfter,
    IReadOnlyList<RetiredWorker> Retired,
    IReadOnlyList<NotRetiredWorker> NotRetired,
    int KeysMoved);
