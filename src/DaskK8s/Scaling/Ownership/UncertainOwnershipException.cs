namespace DaskK8s.Scaling.Ownership;

/// <summary>Tells why a change cannot be made in the owner's name; it never leaves the library.</summary>
internal sealed class UncertainOwnershipException(string reason) : DaskK8sException(reason);
