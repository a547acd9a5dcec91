using DaskK8s.Dask.Code;

namespace DaskK8s;

public sealed partial class DaskClient
{
    private static readonly TimeSpan CodeLimit = TimeSpan.FromMinutes(10);

    /// <summary>Makes Python code importable on all workers, those that come later included.</summary>
    /// <remarks>
    /// <para>An upload of the same name replaces the code: modules are imported anew by the tasks that follow. It comes first on the path, before what is installed.</para>
    /// <para>The scheduler keeps the code in its memory, up to 512 MiB, and gives it to each worker that joins. A scheduler that restarts has none: upload again.</para>
    /// </remarks>
    /// <param name="path">A folder, which is importable by its name; a <c>.py</c>, <c>.zip</c> or <c>.whl</c> file.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The upload's name: that of the folder or file without its extension, or the distribution's name of a wheel.</returns>
    /// <exception cref="ArgumentException">The path is none of these, or its name is not an identifier.</exception>
    /// <exception cref="IOException">The path cannot be read.</exception>
    /// <exception cref="DaskCodeException">A source is not valid Python, or a worker could not take the code. What was there before is still there.</exception>
    /// <exception cref="DaskRpcException">The scheduler is set not to run functions of clients.</exception>
    public async Task<string> UploadAsync(string path, CancellationToken cancellationToken = default)
    {
        _life.ThrowIfEnded();
        _ = Session;
        CodePackage package = await CodePackage.ReadAsync(path, cancellationToken).ConfigureAwait(false);
        await _life.RunAsync(token => new WorkerCode(_rpc).UploadAsync(package, CodeLimit, token), cancellationToken).ConfigureAwait(false);
        return package.Name;
    }

    /// <summary>Removes uploaded code from all workers.</summary>
    /// <param name="name">The upload's name, or the path that was uploaded.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Whether there was such an upload.</returns>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    public Task<bool> RemoveUploadAsync(string name, CancellationToken cancellationToken = default)
    {
        string upload = CodePackage.NameOf(name);
        _ = Session;
        return _life.RunAsync(token => new WorkerCode(_rpc).RemoveAsync(upload, token), cancellationToken);
    }

    /// <summary>Installs Python packages with pip on all workers, those that come later included.</summary>
    /// <remarks>Every worker that joins installs them before it runs a task, until the scheduler ends. For what is always needed, an image is faster.</remarks>
    /// <param name="packages">The packages as pip takes them: <c>s3fs</c>, <c>lightgbm==4.*</c>.</param>
    /// <param name="pipArguments">More arguments of <c>pip install</c>: <c>--index-url</c>, <c>--upgrade</c>. Null for none.</param>
    /// <param name="restartWorkers">
    /// Whether workers that got something new restart, which packages need that are imported already. Only a worker with a nanny can; its tasks run elsewhere or again.
    /// </param>
    /// <param name="timeout">The time for all workers; null for 10 minutes.</param>
    /// <param name="cancellationToken">Ends the wait; pip runs on.</param>
    /// <returns>A task that ends when all workers have the packages.</returns>
    /// <exception cref="ArgumentException">There is no package, or one is empty or begins with a dash.</exception>
    /// <exception cref="DaskCodeException">pip failed on a worker; <see cref="DaskCodeException.Failures"/> has its output. Later workers do not try.</exception>
    /// <exception cref="SchedulerTimeoutException">The time passed.</exception>
    /// <exception cref="DaskRpcException">The scheduler is set not to run functions of clients.</exception>
    public Task InstallPackagesAsync(
        IEnumerable<string> packages,
        IEnumerable<string>? pipArguments = null,
        bool restartWorkers = false,
        TimeSpan? timeout = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(packages);
        string[] names = [.. packages];
        if (names.Length == 0 || names.FirstOrDefault(static n => string.IsNullOrWhiteSpace(n) || n.StartsWith('-')) is { })
        {
            throw new ArgumentException("Name at least one package; pass pip's own arguments as pipArguments.", nameof(packages));
        }

        string[] arguments = [.. pipArguments ?? []];
        _ = Session;
        return _life.RunAsync(token => new WorkerCode(_rpc).InstallAsync(names, arguments, restartWorkers, timeout ?? CodeLimit, token), cancellationToken);
    }
}
