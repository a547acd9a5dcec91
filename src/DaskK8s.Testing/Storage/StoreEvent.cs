namespace DaskK8s.Testing.Storage;

/// <summary>A change of one object; <paramref name="Previous"/> is the previous version.</summary>
internal sealed record StoreEvent(StoreEventKind Kind, StoredObject Object, StoredObject? Previous)
{
    public long Version => Object.Version;
}
