using System.Collections;

namespace DaskK8s.Hosting.Tests;

/// <summary>A cluster that answers as a test says, as a service's unit tests have one: no Python, no server.</summary>
internal sealed class FakeDask(Func<PythonFunction, IReadOnlyList<object?>, object?> answer) : IDaskCluster, IDaskClient
{
    private readonly Dictionary<string, DaskFuture[]> _published = [];

    public string Name => "fake";

    public string Address => "tcp://fake:8786";

    public ValueTask<HelmCluster> GetClusterAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<IDaskClient> GetClientAsync(CancellationToken cancellationToken = default) => ValueTask.FromResult<IDaskClient>(this);

    public IDisposable Annotate(TaskOptions options) => throw new NotSupportedException();

    public Task<DaskFuture<T>> SubmitAsync<T>(
        PythonFunction function, IReadOnlyList<object?> arguments, TaskOptions? options = null, CancellationToken cancellationToken = default) =>
        Task.FromResult(Answer<T>(function, arguments));

    public Task<DaskFutureList<T>> MapAsync<T>(
        PythonFunction function, IEnumerable inputs, TaskOptions? options = null, CancellationToken cancellationToken = default) =>
        Task.FromResult(new DaskFutureList<T>(inputs.Cast<object?>().Select(i => Answer<T>(function, [i]))));

    public Task<DaskFutureList<T>> StarMapAsync<T>(
        PythonFunction function, IEnumerable<IReadOnlyList<object?>> arguments, TaskOptions? options = null, CancellationToken cancellationToken = default) =>
        Task.FromResult(new DaskFutureList<T>(arguments.Select(a => Answer<T>(function, a))));

    public Task<T> RunScriptAsync<T>(
        string source,
        IReadOnlyDictionary<string, object?>? globals = null,
        TaskOptions? options = null,
        Action<ScriptOutput>? output = null,
        CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public async Task<IReadOnlyList<T>> GatherAsync<T>(
        IEnumerable<DaskFuture<T>> futures, IProgress<DaskProgress>? progress = null, CancellationToken cancellationToken = default) =>
        await Task.WhenAll(futures.Select(f => f.ResultAsync(null, cancellationToken)));

    public IAsyncEnumerable<DaskFuture<T>> AsCompletedAsync<T>(IEnumerable<DaskFuture<T>> futures, CancellationToken cancellationToken = default) =>
        futures.ToAsyncEnumerable();

    public Task PublishAsync(string name, IEnumerable<DaskFuture> futures, bool overwrite = false, CancellationToken cancellationToken = default) =>
        Task.FromResult(_published[name] = [.. futures]);

    public Task<DaskFutureList<T>> FindAsync<T>(string name, CancellationToken cancellationToken = default) => _published.TryGetValue(name, out DaskFuture[]? futures)
        ? Task.FromResult(new DaskFutureList<T>(futures.Cast<DaskFuture<T>>()))
        : throw new DaskDatasetException(name, "Nothing is published under the name.");

    public Task<IReadOnlyList<string>> ListPublishedAsync(CancellationToken cancellationToken = default) => Task.FromResult<IReadOnlyList<string>>([.. _published.Keys]);

    public Task<bool> UnpublishAsync(string name, CancellationToken cancellationToken = default) => Task.FromResult(_published.Remove(name));

    public Task<SchedulerInfo> GetSchedulerInfoAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    private DaskFuture<T> Answer<T>(PythonFunction function, IReadOnlyList<object?> arguments) => answer(function, arguments) switch
    {
        Exception e => DaskFuture.FromException<T>(e),
        var value => DaskFuture.FromResult((T)value!),
    };
}
