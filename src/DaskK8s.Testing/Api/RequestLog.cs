namespace DaskK8s.Testing.Api;

/// <summary>Stores the most recent requests.</summary>
internal sealed class RequestLog
{
    private const int Limit = 10_000;

    private readonly Lock _gate = new();
    private readonly Queue<EmbeddedRequest> _requests = new();

    public IReadOnlyList<EmbeddedRequest> All
    {
        get
        {
            lock (_gate)
            {
                return [.. _requests];
            }
        }
    }

    public void Add(EmbeddedRequest request)
    {
        lock (_gate)
        {
            _requests.Enqueue(request);
            if (_requests.Count > Limit)
            {
                _requests.Dequeue();
            }
        }
    }

    public void Clear()
    {
        lock (_gate)
        {
            _requests.Clear();
        }
    }
}
