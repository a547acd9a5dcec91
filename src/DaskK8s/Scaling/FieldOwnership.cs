namespace DaskK8s;

/// <summary>Tells who owns a Deployment's <c>spec.replicas</c> after a scaling (see server-side apply).</summary>
public enum FieldOwnership
{
    /// <summary>The number did not change, so the library never came to own the field.</summary>
    NotTaken,

    /// <summary>The library gave the field back: the next <c>helm upgrade</c> may set it.</summary>
    GivenBack,

    /// <summary>
    /// The library still owns the field, because it was told to keep it or the API server refused to let it go: the next
    /// <c>helm upgrade</c> of Helm 4 fails with a conflict unless the number is the declared one.
    /// </summary>
    Kept,
}
