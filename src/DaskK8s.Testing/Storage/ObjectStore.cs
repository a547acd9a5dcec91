using System.Globalization;
using System.Text.Json.Nodes;

namespace DaskK8s.Testing.Storage;

/// <summary>Stores all objects and their recent history under one revision counter, as etcd does for the real server.</summary>
internal sealed class ObjectStore(TimeProvider time, int historyLimit)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ResourceType, SortedDictionary<(string Namespace, string Name), StoredObject>> _objects =
        ResourceTypes.All.ToDictionary(type => type, _ => new SortedDictionary<(string, string), StoredObject>(KeyOrder.Instance));

    private readonly Queue<StoreEvent> _history = new();
    private readonly List<Action<StoreEvent>> _listeners = [];
    private long _version = 1;
    private long _compacted = 1;

    public long Version
    {
        get
        {
            lock (_gate)
            {
                return _version;
            }
        }
    }

    public TimeProvider Time { get; } = time;

    public StoredObject? Get(ObjectKey key)
    {
        lock (_gate)
        {
            return _objects[key.Type].GetValueOrDefault((key.Namespace, key.Name));
        }
    }

    public (IReadOnlyList<StoredObject> Items, long Version) List(ResourceType type, string? inNamespace = null)
    {
        lock (_gate)
        {
            IEnumerable<StoredObject> all = _objects[type].Values;
            return ([.. inNamespace is null ? all : all.Where(item => item.Key.Namespace == inNamespace)], _version);
        }
    }

    public StoredObject Create(ObjectKey key, JsonObject value, bool dryRun = false)
    {
        lock (_gate)
        {
            if (_objects[key.Type].ContainsKey((key.Namespace, key.Name)))
            {
                throw ApiException.AlreadyExists(key);
            }

            if (key.Type.Namespaced && _objects[ResourceTypes.Namespaces].GetValueOrDefault((string.Empty, key.Namespace)) is var home && (home is null || home.IsTerminating))
            {
                throw home is null
                    ? ApiException.NotFound(new ObjectKey(ResourceTypes.Namespaces, string.Empty, key.Namespace))
                    : ApiException.Forbidden(key, $"unable to create new content in namespace {key.Namespace} because it is being terminated");
            }

            JsonObject metadata = value.Child("metadata");
            metadata["name"] = key.Name;
            if (key.Type.Namespaced)
            {
                metadata["namespace"] = key.Namespace;
            }

            metadata["uid"] = Guid.NewGuid().ToString();
            metadata["creationTimestamp"] = Json.Timestamp(Time.GetUtcNow());
            metadata.Remove("resourceVersion");
            metadata.Remove("deletionTimestamp");
            if (key.Type.HasGeneration)
            {
                metadata["generation"] = 1;
            }

            return Commit(StoreEventKind.Added, key, value, null, dryRun);
        }
    }

    /// <summary>Changes an object with the store locked; an equal result creates no new version.</summary>
    public StoredObject Update(ObjectKey key, Action<JsonObject> change, bool dryRun = false)
    {
        lock (_gate)
        {
            StoredObject old = Get(key) ?? throw ApiException.NotFound(key);
            JsonObject value = old.Value.CloneObject();
            change(value);
            if (JsonNode.DeepEquals(value, old.Value))
            {
                return old;
            }

            if (key.Type.HasGeneration && !JsonNode.DeepEquals(value["spec"], old.Value["spec"]))
            {
                value.Child("metadata")["generation"] = (old.Value.Number("metadata", "generation") ?? 0) + 1;
            }

            bool gone = old.IsTerminating && value.At("metadata", "finalizers") is not JsonArray { Count: > 0 } && old.Value.At("metadata", "finalizers") is JsonArray { Count: > 0 };
            return Commit(gone ? StoreEventKind.Deleted : StoreEventKind.Modified, key, value, old, dryRun);
        }
    }

    /// <summary>Changes an object if it still exists.</summary>
    public StoredObject? TryUpdate(ObjectKey key, Action<JsonObject> change)
    {
        lock (_gate)
        {
            return Get(key) is null ? null : Update(key, change);
        }
    }

    public StoredObject? Delete(ObjectKey key, string? uid = null)
    {
        lock (_gate)
        {
            return Get(key) is { } old && (uid is null || old.Uid == uid)
                ? Commit(StoreEventKind.Deleted, key, old.Value.CloneObject(), old, false)
                : null;
        }
    }

    /// <summary>Runs several reads and writes atomically.</summary>
    public T Locked<T>(Func<T> work)
    {
        lock (_gate)
        {
            return work();
        }
    }

    /// <summary>Calls a listener for each change from now on, in order and with the store locked: it must only record the change.</summary>
    public void Listen(Action<StoreEvent> listener)
    {
        lock (_gate)
        {
            _listeners.Add(listener);
        }
    }

    public void Unlisten(Action<StoreEvent> listener)
    {
        lock (_gate)
        {
            _listeners.Remove(listener);
        }
    }

    /// <summary>Returns the changes after a version and listens from there on; null when that version is too old.</summary>
    public IReadOnlyList<StoreEvent>? ListenSince(long version, Action<StoreEvent> listener)
    {
        lock (_gate)
        {
            if (version < _compacted)
            {
                return null;
            }

            _listeners.Add(listener);
            return [.. _history.Where(change => change.Version > version)];
        }
    }

    public long Compacted
    {
        get
        {
            lock (_gate)
            {
                return _compacted;
            }
        }
    }

    /// <summary>Discards the history, so that a watch from an older version fails with 410.</summary>
    public void Compact()
    {
        lock (_gate)
        {
            _history.Clear();
            _compacted = ++_version;
        }
    }

    private StoredObject Commit(StoreEventKind kind, ObjectKey key, JsonObject value, StoredObject? old, bool dryRun)
    {
        if (dryRun)
        {
            return new StoredObject(key, value, old?.Version ?? 0);
        }

        _version++;
        value.Child("metadata")["resourceVersion"] = _version.ToString(CultureInfo.InvariantCulture);
        StoredObject stored = new(key, value, _version);
        if (kind == StoreEventKind.Deleted)
        {
            _objects[key.Type].Remove((key.Namespace, key.Name));
        }
        else
        {
            _objects[key.Type][(key.Namespace, key.Name)] = stored;
        }

        StoreEvent change = new(kind, stored, old);
        _history.Enqueue(change);
        while (_history.Count > historyLimit)
        {
            _compacted = _history.Dequeue().Version;
        }

        foreach (Action<StoreEvent> listener in _listeners)
        {
            listener(change);
        }

        return stored;
    }

    private sealed class KeyOrder : IComparer<(string Namespace, string Name)>
    {
        public static readonly KeyOrder Instance = new();

        public int Compare((string Namespace, string Name) x, (string Namespace, string Name) y)
        {
            int order = string.CompareOrdinal(x.Namespace, y.Namespace);
            return order != 0 ? order : string.CompareOrdinal(x.Name, y.Name);
        }
    }
}
