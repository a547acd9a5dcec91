namespace DaskK8s.Waiting;

/// <summary>The outcome of a request to the scheduler for its workers.</summary>
/// <param name="Version">The version of the Deployments and pods before the request; a later version makes the answer outdated.</param>
/// <param name="Listed">The number of workers that it lists at each address, or null if the request failed.</param>
/// <param name="Error">Why the request failed.</param>
internal sealed record WaitAnswer(int Version, IReadOnlyDictionary<string, int>? Listed, string? Error)
{
    /// <summary>Gets whether the scheduler is permanently gone: scaled to zero or uninstalled.</summary>
    public bool IsGone { get; init; }
}
