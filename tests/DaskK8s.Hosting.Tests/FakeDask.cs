using System.Collections;
using System.Runtime.CompilerServices;

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

    public IAsyncEnumerable<DaskFuture<T>> MapAsync<T>(
        PythonFunction function, IAsyncEnumerable<object?> inputs, TaskOptions? options = null, CancellationToken cancellationToken = default) =>
        inputs.Select(i => Answer<T>(function, [i]));

    public IAsyncEnumerable<T> GatherAsync<T>(IAsyncEnumerable<DaskFuture<T>> futures, int? maxOutstanding = null, CancellationToken cancellationToken = default) =>
        futures.Select(async (DaskFuture<T> f, CancellationToken ct) => await f.ResultAsync(null, ct));

    public IAsyncEnumerable<DaskFuture<T>> AsCompletedAsync<T>(IEnumerable<DaskFuture<T>> futures, CancellationToken cancellationToken = default) =>
        futures.ToAsyncEnumerable();

    public Task<DaskFuture<T>> ScatterAsync<T>(
        T value, ScatterOptions? options = null, IProgress<DaskTransferProgress>? progress = null, CancellationToken cancellationToken = default) =>
        Task.FromResult(DaskFuture.FromResult(value));

    public async IAsyncEnumerable<IReadOnlyList<DaskFunctionProgress>> Progress(
        IEnumerable<DaskFuture> futures, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.CompletedTask;
        yield break;
    }

    public Task PublishAsync(string name, IEnumerable<DaskFuture> futures, bool overwrite = false, CancellationToken cancellationToken = default)
    {
        _published[name] = [.. futures];
        return Task.CompletedTask;
    }

    public Task PublishAsync(string name, DaskFuture future, bool overwrite = false, CancellationToken cancellationToken = default) =>
        PublishAsync(name, [future], overwrite, cancellationToken);

    public Task<DaskFutureList<T>> FindAsync<T>(string name, CancellationToken cancellationToken = default) =>
        _published.TryGetValue(name, out DaskFuture[]? futures)
            ? Task.FromResult(new DaskFutureList<T>(futures.Cast<DaskFuture<T>>()))
            : throw new DaskDatasetException(name, "Nothing is published under the name.");

    public Task<IReadOnlyList<string>> ListPublishedAsync(CancellationToken cancellationToken = default) =>
        Task.FromResult<IReadOnlyList<string>>([.. _published.Keys.Order(StringComparer.Ordinal)]);

    public Task<bool> UnpublishAsync(string name, CancellationToken cancellationToken = default) => Task.FromResult(_published.Remove(name));

    public Task<DaskFuture<T>> GetFutureAsync<T>(string key, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public async Task<IReadOnlyList<DaskAnswer<T>>> RunOnWorkersAsync<T>(
        PythonFunction function,
        IReadOnlyList<object?>? arguments = null,
        IReadOnlyCollection<string>? workers = null,
        TimeSpan? timeout = null,
        CancellationToken cancellationToken = default) =>
        [new DaskAnswer<T>("tcp://fake:1", await Answer<T>(function, arguments ?? []).ResultAsync(timeout, cancellationToken))];

    public Task<IReadOnlyList<DaskAnswer<T>>> RunOnGroupAsync<T>(
        PythonFunction function,
        string workerGroup,
        IReadOnlyList<object?>? arguments = null,
        TimeSpan? timeout = null,
        CancellationToken cancellationToken = default) => RunOnWorkersAsync<T>(function, arguments, null, timeout, cancellationToken);

    public async Task<string> GetPerformanceReportAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken = default)
    {
        await work(cancellationToken);
        return "<html></html>";
    }

    public Task<T> RunOnSchedulerAsync<T>(
        PythonFunction function, IReadOnlyList<object?>? arguments = null, TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        Answer<T>(function, arguments ?? []).ResultAsync(timeout, cancellationToken);

    public Task<string> UploadAsync(string path, CancellationToken cancellationToken = default) => Task.FromResult(Path.GetFileNameWithoutExtension(path));

    public Task<bool> RemoveUploadAsync(string name, CancellationToken cancellationToken = default) => Task.FromResult(true);

    public Task InstallPackagesAsync(
        IEnumerable<string> packages,
        IEnumerable<string>? pipArguments = null,
        bool restartWorkers = false,
        TimeSpan? timeout = null,
        CancellationToken cancellationToken = default) => Task.CompletedTask;

    public Task<SchedulerInfo> GetSchedulerInfoAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    private DaskFuture<T> Answer<T>(PythonFunction function, IReadOnlyList<object?> arguments) => answer(function, arguments) switch
    {
        Exception e => DaskFuture.FromException<T>(e),
        var value => DaskFuture.FromResult((T)value!),
    };
}
