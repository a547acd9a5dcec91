using System.Threading.Channels;
using DaskK8s.Testing.Forwarding;
using DaskK8s.Testing.Storage;

namespace DaskK8s.Testing.Controllers;

/// <summary>Runs the controllers on changed objects, one after the other, on one task.</summary>
internal sealed class ControllerManager : IAsyncDisposable
{
    private readonly ObjectStore _store;
    private readonly DeploymentController _deployments;
    private readonly ReplicaSetController _replicaSets;
    private readonly PodScheduler _scheduler;
    private readonly Kubelet _kubelet;
    private readonly GarbageCollector _garbage;
    private readonly ForwardFaults _forwards;
    private readonly Channel<StoreEvent> _changes = Channel.CreateUnbounded<StoreEvent>(new UnboundedChannelOptions { SingleReader = true });
    private readonly CancellationTokenSource _stop = new();
    private readonly HashSet<ObjectKey> _waiting = [];
    private readonly Task _loop;

    public ControllerManager(ObjectStore store, DeploymentController deployments, ReplicaSetController replicaSets, PodScheduler scheduler, Kubelet kubelet, GarbageCollector garbage, ForwardFaults forwards)
    {
        (_store, _deployments, _replicaSets, _scheduler, _kubelet, _garbage, _forwards) = (store, deployments, replicaSets, scheduler, kubelet, garbage, forwards);
        store.Listen(Note);
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Gets the exception that a controller threw, which indicates a bug in it.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Reconciles all pods again, after a fault was added or removed.</summary>
    public void Revisit()
    {
        foreach (StoredObject pod in _store.List(ResourceTypes.Pods).Items)
        {
            Note(new StoreEvent(StoreEventKind.Modified, pod, pod));
        }
    }

    public async ValueTask DisposeAsync()
    {
        _store.Unlisten(Note);
        _changes.Writer.TryComplete();
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        _stop.Dispose();
    }

    private void Note(StoreEvent change) => _changes.Writer.TryWrite(change);

    private async Task RunAsync()
    {
        OrderedSet dirty = new();
        try
        {
            while (await _changes.Reader.WaitToReadAsync(_stop.Token).ConfigureAwait(false))
            {
                while (_changes.Reader.TryRead(out StoreEvent? change))
                {
                    Sort(change, dirty);
                }

                while (dirty.TryTake(out ObjectKey key))
                {
                    try
                    {
                        Sync(key);
                    }
                    catch (ApiException)
                    {
                        // Somebody changed or deleted the object meanwhile; that change brings it here again.
                    }
                    catch (Exception e)
                    {
                        // The loop must outlive a mistake in one object; the failure is told by the cluster when it is disposed.
                        Failure ??= e;
                    }

                    while (_changes.Reader.TryRead(out StoreEvent? change))
                    {
                        Sort(change, dirty);
                    }
                }
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private void Sort(StoreEvent change, OrderedSet dirty)
    {
        StoredObject stored = change.Object;
        ResourceType type = stored.Key.Type;
        if (change.Kind == StoreEventKind.Deleted)
        {
            _garbage.OwnerGone(stored);
            if (type.Namespaced)
            {
                // A namespace that is being deleted waits for this.
                dirty.Add(new ObjectKey(ResourceTypes.Namespaces, string.Empty, stored.Key.Namespace));
            }
        }

        if (type == ResourceTypes.Pods)
        {
            dirty.Add(stored.Key);
            AddOwner(stored, ResourceTypes.ReplicaSets, dirty);
            if (change.Kind == StoreEventKind.Deleted)
            {
                _kubelet.PodGone(stored);
                foreach (ObjectKey waiting in _kubelet.TakeHomeless())
                {
                    dirty.Add(waiting);
                }

                _forwards.PodGone(stored.Uid);
            }

            // Room on the node: those that wait may fit now.
            if (change.Kind == StoreEventKind.Deleted || stored.Value.Text("status", "phase") is "Succeeded" or "Failed")
            {
                _waiting.Remove(stored.Key);
                AddWaiting(dirty);
            }
            else if (stored.Value.Text("spec", "nodeName") is null or "")
            {
                _waiting.Add(stored.Key);
            }
            else
            {
                _waiting.Remove(stored.Key);
            }
        }
        else if (type == ResourceTypes.ReplicaSets)
        {
            dirty.Add(stored.Key);
            AddOwner(stored, ResourceTypes.Deployments, dirty);
        }
        else if (type == ResourceTypes.Deployments || type == ResourceTypes.Namespaces)
        {
            dirty.Add(stored.Key);
        }
        else if (type == ResourceTypes.Nodes)
        {
            AddWaiting(dirty);
        }
        else if (type == ResourceTypes.ResourceQuotas)
        {
            foreach (StoredObject set in _store.List(ResourceTypes.ReplicaSets, stored.Key.Namespace).Items)
            {
                dirty.Add(set.Key);
            }
        }

        if (type == ResourceTypes.Pods || type == ResourceTypes.Services)
        {
            _kubelet.NamesChanged();
        }
    }

    private void AddOwner(StoredObject stored, ResourceType type, OrderedSet dirty)
    {
        foreach (string name in stored.Value.Objects("metadata", "ownerReferences").Where(reference => reference.Text("kind") == type.Kind).Select(reference => reference.Text("name")!))
        {
            dirty.Add(new ObjectKey(type, stored.Key.Namespace, name));
        }

        if (type == ResourceTypes.ReplicaSets && Owners.ControllerOf(stored.Value) is null)
        {
            foreach (StoredObject set in _store.List(type, stored.Key.Namespace).Items)
            {
                dirty.Add(set.Key);
            }
        }
    }

    private void AddWaiting(OrderedSet dirty)
    {
        foreach (ObjectKey pod in _waiting)
        {
            dirty.Add(pod);
        }
    }

    private void Sync(ObjectKey key)
    {
        if (key.Type == ResourceTypes.Deployments)
        {
            _deployments.Sync(key);
        }
        else if (key.Type == ResourceTypes.ReplicaSets)
        {
            _replicaSets.Sync(key);
        }
        else if (key.Type == ResourceTypes.Namespaces)
        {
            _garbage.SyncNamespace(key);
        }
        else if (_store.Get(key) is { } pod)
        {
            if (pod.Value.Text("spec", "nodeName") is null or "")
            {
                _scheduler.Schedule(pod);
            }
            else
            {
                _kubelet.Sync(pod);
            }
        }

        _garbage.SyncForeground(key);
    }

    /// <summary>A first-in, first-out queue of keys without duplicates.</summary>
    private sealed class OrderedSet
    {
        private readonly Queue<ObjectKey> _queue = new();
        private readonly HashSet<ObjectKey> _known = [];

        public void Add(ObjectKey key)
        {
            if (_known.Add(key))
            {
                _queue.Enqueue(key);
            }
        }

        public bool TryTake(out ObjectKey key)
        {
            bool any = _queue.TryDequeue(out key);
            _known.Remove(key);
            return any;
        }
    }
}
