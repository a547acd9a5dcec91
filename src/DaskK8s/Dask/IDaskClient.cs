using System.Collections;

namespace DaskK8s;

/// <summary>The members of <see cref="DaskClient"/> that applications call; unit tests can replace it with a fake.</summary>
/// <remarks>
/// <para>A fake returns <see cref="DaskFuture.FromResult{T}"/> and <see cref="DaskFuture.FromException{T}"/>; it needs neither Python nor a cluster.</para>
/// <para>Minor versions may add members. Create fakes with a mocking library, or expect to add methods when you update.</para>
/// </remarks>
public interface IDaskClient
{
    /// <summary>Gets the scheduler's address.</summary>
    string Address { get; }

    /// <inheritdoc cref="DaskClient.Annotate"/>
    IDisposable Annotate(TaskOptions options);

    /// <inheritdoc cref="DaskClient.SubmitAsync{T}"/>
    Task<DaskFuture<T>> SubmitAsync<T>(
        PythonFunction function, IReadOnlyList<object?> arguments, TaskOptions? options = null, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="DaskClient.MapAsync{T}(PythonFunction, IEnumerable, TaskOptions, CancellationToken)"/>
    Task<DaskFutureList<T>> MapAsync<T>(
        PythonFunction function, IEnumerable inputs, TaskOptions? options = null, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="DaskClient.MapAsync{T}(PythonFunction, IAsyncEnumerable{object}, TaskOptions, CancellationToken)"/>
    IAsyncEnumerable<DaskFuture<T>> MapAsync<T>(
        PythonFunction function, IAsyncEnumerable<object?> inputs, TaskOptions? options = null, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="DaskClient.StarMapAsync{T}"/>
    Task<DaskFutureList<T>> StarMapAsync<T>(
        PythonFunction function, IEnumerable<IReadOnlyList<object?>> arguments, TaskOptions? options = null, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="DaskClient.RunScriptAsync{T}"/>
    Task<T> RunScriptAsync<T>(
        string source,
        IReadOnlyDictionary<string, object?>? globals = null,
        TaskOptions? options = null,
        Action<ScriptOutput>? output = null,
        CancellationToken cancellationToken = default);

    /// <inheritdoc cref="DaskClient.GatherAsync{T}(IEnumerable{DaskFuture{T}}, IProgress{DaskProgress}, CancellationToken)"/>
    Task<IReadOnlyList<T>> GatherAsync<T>(
        IEnumerable<DaskFuture<T>> futures, IProgress<DaskProgress>? progress = null, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="DaskClient.GatherAsync{T}(IAsyncEnumerable{DaskFuture{T}}, int?, CancellationToken)"/>
    IAsyncEnumerable<T> GatherAsync<T>(IAsyncEnumerable<DaskFuture<T>> futures, int? maxOutstanding = null, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="DaskClient.AsCompletedAsync{T}"/>
    IAsyncEnumerable<DaskFuture<T>> AsCompletedAsync<T>(IEnumerable<DaskFuture<T>> futures, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="DaskClient.Progress"/>
    IAsyncEnumerable<IReadOnlyList<DaskFunctionProgress>> Progress(IEnumerable<DaskFuture> futures, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="DaskClient.ScatterAsync{T}"/>
    Task<DaskFuture<T>> ScatterAsync<T>(
        T value, ScatterOptions? options = null, IProgress<DaskTransferProgress>? progress = null, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="DaskClient.PublishAsync(string, IEnumerable{DaskFuture}, bool, CancellationToken)"/>
    Task PublishAsync(string name, IEnumerable<DaskFuture> futures, bool overwrite = false, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="DaskClient.PublishAsync(string, DaskFuture, bool, CancellationToken)"/>
    Task PublishAsync(string name, DaskFuture future, bool overwrite = false, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="DaskClient.FindAsync{T}"/>
    Task<DaskFutureList<T>> FindAsync<T>(string name, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="DaskClient.ListPublishedAsync"/>
    Task<IReadOnlyList<string>> ListPublishedAsync(CancellationToken cancellationToken = default);

    /// <inheritdoc cref="DaskClient.UnpublishAsync"/>
    Task<bool> UnpublishAsync(string name, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="DaskClient.GetFutureAsync{T}"/>
    Task<DaskFuture<T>> GetFutureAsync<T>(string key, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="DaskClient.RunOnWorkersAsync{T}"/>
    Task<IReadOnlyList<DaskAnswer<T>>> RunOnWorkersAsync<T>(
        PythonFunction function,
        IReadOnlyList<object?>? arguments = null,
        IReadOnlyCollection<string>? workers = null,
        TimeSpan? timeout = null,
        CancellationToken cancellationToken = default);

    /// <inheritdoc cref="DaskClient.RunOnGroupAsync{T}"/>
    Task<IReadOnlyList<DaskAnswer<T>>> RunOnGroupAsync<T>(
        PythonFunction function,
        string workerGroup,
        IReadOnlyList<object?>? arguments = null,
        TimeSpan? timeout = null,
        CancellationToken cancellationToken = default);

    /// <inheritdoc cref="DaskClient.GetPerformanceReportAsync"/>
    Task<string> GetPerformanceReportAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="DaskClient.RunOnSchedulerAsync{T}"/>
    Task<T> RunOnSchedulerAsync<T>(
        PythonFunction function, IReadOnlyList<object?>? arguments = null, TimeSpan? timeout = null, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="DaskClient.UploadAsync"/>
    Task<string> UploadAsync(string path, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="DaskClient.RemoveUploadAsync"/>
    Task<bool> RemoveUploadAsync(string name, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="DaskClient.InstallPackagesAsync"/>
    Task InstallPackagesAsync(
        IEnumerable<string> packages,
        IEnumerable<string>? pipArguments = null,
        bool restartWorkers = false,
        TimeSpan? timeout = null,
        CancellationToken cancellationToken = default);

    /// <inheritdoc cref="DaskClient.GetSchedulerInfoAsync"/>
    Task<SchedulerInfo> GetSchedulerInfoAsync(CancellationToken cancellationToken = default);
}
