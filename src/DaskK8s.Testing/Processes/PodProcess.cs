namespace DaskK8s.Testing.Processes;

/// <summary>A local process that represents a container.</summary>
internal sealed class PodProcess(string id, DaskHost host)
{
    private readonly TaskCompletionSource<int> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<int> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Id { get; } = id;

    public Task<int> Started => _started.Task;

    /// <summary>Gets the exit code; for a killed process, 128 plus the signal number.</summary>
    public Task<int> Exited => _exited.Task;

    public void Terminate() => host.Signal(Id, 15);

    public void Kill() => host.Signal(Id, 9);

    public void SetStarted(int processId) => _started.TrySetResult(processId);

    public void SetExited(int code)
    {
        _started.TrySetException(new InvalidOperationException($"The process exited at once with code {code}."));
        _ = _started.Task.Exception;
        _exited.TrySetResult(code);
    }
}
