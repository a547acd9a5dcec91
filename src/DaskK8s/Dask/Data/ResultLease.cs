namespace DaskK8s.Dask.Data;

/// <summary>A reference to a task while its result is read.</summary>
/// <remarks>An unread stream never ends: its lease is released when the stream is collected.</remarks>
internal sealed class ResultLease(Action release) : IDisposable
{
    private Action? _release = release;

    ~ResultLease() => Release();

    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    private void Release() => Interlocked.Exchange(ref _release, null)?.Invoke();
}
