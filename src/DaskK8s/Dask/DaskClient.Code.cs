using DaskK8s.Dask.Code;

namespace DaskK8s;

public sealed partial class DaskClient
{
    private static readonly TimeSpan CodeLimit = TimeSpan.FromMinutes(10);

    /// <summary>Makes Python code importable on all current and future workers.</summary>
    /// <remarks>
    /// <para>An upload of the same name replaces the code: later tasks import the modules again. Uploads take precedence over installed packages.</para>
    /// <para>The scheduler keeps up to 512 MiB of code in memory and sends it to each new worker. After the scheduler restarts, upload the code again.</para>
    /// </remarks>
    /// <param name="path">A folder, which is imported by its name, or a <c>.py</c>, <c>.zip</c> or <c>.whl</c> file.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The upload's name: the folder or file name without its extension, or the distribution name of a wheel.</returns>
    /// <exception cref="ArgumentException">The path is none of these, or its name is not an identifier.</exception>
    /// <exception cref="IOException">The path cannot be read.</exception>
    /// <exception cref="DaskCodeException">A source file is not valid Python, or a worker could not load the code. The previous code is unchanged.</exception>
    /// <exception cref="DaskRpcException">The scheduler is configured not to run clients' functions.</exception>
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
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>Whether the upload existed.</returns>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    public Task<bool> RemoveUploadAsync(string name, CancellationToken cancellationToken = default)
    {
        string upload = CodePackage.NameOf(name);
        _ = Session;
        return _life.RunAsync(token => new WorkerCode(_rpc).RemoveAsync(upload, token), cancellationToken);
    }

    /// <summary>Installs Python packages with pip on all current and future workers.</summary>
    /// <remarks>Each new worker installs them first, until the scheduler stops. For packages that are always needed, an image is faster.</remarks>
    /// <param name="packages">The packages in pip's syntax: <c>s3fs</c>, <c>lightgbm==4.*</c>.</param>
    /// <param name="pipArguments">Additional arguments of <c>pip install</c>: <c>--index-url</c>, <c>--upgrade</c>. Null for none.</param>
    /// <param name="restartWorkers">
    /// Whether workers restart after installing new packages; required if the packages are already imported. Only workers with a nanny can; their tasks run again.
    /// </param>
    /// <param name="timeout">The time limit for all workers; null for 10 minutes.</param>
    /// <param name="cancellationToken">Cancels the wait; pip continues.</param>
    /// <returns>A task that completes when all workers have the packages.</returns>
    /// <exception cref="ArgumentException">There are no packages, or one is empty or begins with a dash.</exception>
    /// <exception cref="DaskCodeException">pip failed on a worker; <see cref="DaskCodeException.Failures"/> has its output. New workers do not try.</exception>
    /// <exception cref="SchedulerTimeoutException">The time limit expired.</exception>
    /// <exception cref="DaskRpcException">The scheduler is configured not to run clients' functions.</exception>
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
