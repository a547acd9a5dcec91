using DaskK8s.Testing.Storage;

namespace DaskK8s.Testing.Api;

/// <summary>Translates a change for a watch with selectors: an object that no longer matches counts as deleted.</summary>
internal sealed class WatchFilter(RequestInfo info, LabelSelector labels, FieldSelector fields)
{
    public bool Matches(StoredObject stored) =>
        (info.ListNamespace is null || stored.Key.Namespace == info.Namespace)
        && (info.Name.Length == 0 || stored.Key.Name == info.Name)
        && labels.Matches(stored) && fields.Matches(stored.Value);

    public (string Kind, StoredObject Object)? Translate(StoreEvent change)
    {
        bool matches = change.Kind != StoreEventKind.Deleted && Matches(change.Object);
        bool matched = change.Previous is not null && Matches(change.Previous);
        return (matched, matches) switch
        {
            (false, true) => ("ADDED", change.Object),
            (true, true) => ("MODIFIED", change.Object),
            (true, false) => ("DELETED", change.Object),
            _ => null,
        };
    }
}
