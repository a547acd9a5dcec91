namespace DaskK8s;

/// <summary>A pod that should have left a group but stayed.</summary>
/// <param name="Pod">The pod's name.</param>
/// <param name="Reason">Why it stayed, in plain words.</param>
public sealed record NotRetiredWorker(string Pod, string Reason);
