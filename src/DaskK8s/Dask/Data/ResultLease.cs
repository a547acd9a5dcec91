namespace DaskK8s.Dask.Data;

/// <summary>One reference to a task, for as long as its result is read.</summary>
/// <remarks>A stream that nobody reads has no end at which to let go: its lease ends with the stream itself, when that is collected.</remarks>
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
