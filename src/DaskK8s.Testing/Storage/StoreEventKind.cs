namespace DaskK8s.Testing.Storage;

/// <summary>What happened to an object.</summary>
internal enum StoreEventKind
{
    /// <summary>It is new.</summary>
    Added,

    /// <summary>It changed.</summary>
    Modified,

    /// <summary>It is gone.</summary>
    Deleted,
}
