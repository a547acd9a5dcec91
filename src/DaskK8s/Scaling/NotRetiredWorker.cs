namespace DaskK8s;

/// <summary>Names a pod that was to leave a group and did not.</summary>
/// <param name="Pod">The pod's name.</param>
/// <param name="Reason">Why it stayed, in plain words.</param>
public sealed record NotRetiredWorker(string Pod, string Reason);
