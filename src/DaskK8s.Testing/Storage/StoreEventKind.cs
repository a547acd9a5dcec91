namespace DaskK8s.Testing.Storage;

/// <summary>The kinds of change of an object.</summary>
internal enum StoreEventKind
{
    /// <summary>The object is new.</summary>
    Added,

    /// <summary>The object changed.</summary>
    Modified,

    /// <summary>The object was deleted.</summary>
    Deleted,
}
