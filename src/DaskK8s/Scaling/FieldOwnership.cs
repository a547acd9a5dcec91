namespace DaskK8s;

/// <summary>The ownership of a Deployment's <c>spec.replicas</c> after a scaling (see Kubernetes server-side apply).</summary>
public enum FieldOwnership
{
    /// <summary>The number did not change, so the library did not become an owner of the field.</summary>
    NotTaken,

    /// <summary>
    /// The change could not be made as the owner (<see cref="ScaleResult.OwnershipReason"/> says why), or the field had no owner by
    /// server-side apply: the library patched it and gave up its ownership in a second request. The next <c>helm upgrade</c> can set it.
    /// </summary>
    GivenBack,

    /// <summary>
    /// The library still owns the field, because the options say so or the API server did not remove the ownership: the next
    /// <c>helm upgrade</c> of Helm 4 fails with a conflict unless the number is the declared one.
    /// </summary>
    Kept,

    /// <summary>
    /// The change was made as the manager that owns the field by server-side apply (Helm 4, Flux, Argo CD), in one request: the
    /// owner does not change, and a <c>helm upgrade</c> could not have had a conflict at any time.
    /// </summary>
    ChangedAsOwner,
}
