namespace DaskK8s;

/// <summary>Tells who owns a Deployment's <c>spec.replicas</c> after a scaling (see server-side apply).</summary>
public enum FieldOwnership
{
    /// <summary>The number did not change, so the library never came to own the field.</summary>
    NotTaken,

    /// <summary>
    /// The change could not be made in the owner's name (<see cref="ScaleResult.OwnershipReason"/> says why), or the field had no owner by
    /// server-side apply: the library patched it and gave it back in a second request. The next <c>helm upgrade</c> may set it.
    /// </summary>
    GivenBack,

    /// <summary>
    /// The library still owns the field, because it was told to keep it or the API server refused to let it go: the next
    /// <c>helm upgrade</c> of Helm 4 fails with a conflict unless the number is the declared one.
    /// </summary>
    Kept,

    /// <summary>
    /// The change was made in the name of the manager that owns the field by server-side apply (Helm 4, Flux, Argo CD), in one request: the
    /// owner stays the owner, and there was no moment at which a <c>helm upgrade</c> could have met a conflict.
    /// </summary>
    ChangedAsOwner,
}
