namespace DaskK8s.Scaling.Lossless;

/// <summary>The outcome of a lossless scale-down.</summary>
/// <param name="Before">The previous replicas.</param>
/// <param name="Accepted">The change that the API server accepted, or null if nothing was changed.</param>
/// <param name="After">The new replicas.</param>
/// <param name="AcceptedAfter">The time from the start until the change was accepted.</param>
/// <param name="Retired">The pods that left.</param>
/// <param name="NotRetired">The pods that should have left but stayed.</param>
/// <param name="KeysMoved">The number of results that were moved.</param>
internal sealed record RetirementOutcome(
    int Before,
    AcceptedScale? Accepted,
    int After,
    TimeSpan AcceptedAfter,
    IReadOnlyList<RetiredWorker> Retired,
    IReadOnlyList<NotRetiredWorker> NotRetired,
    int KeysMoved);
