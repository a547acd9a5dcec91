namespace DaskK8s.Scaling.Ownership;

/// <summary>The exception that is thrown inside the library when a change cannot be made as the owner.</summary>
internal sealed class UncertainOwnershipException(string reason) : DaskK8sException(reason);
