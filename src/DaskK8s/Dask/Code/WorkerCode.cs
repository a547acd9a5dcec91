using DaskK8s.Dask.Rpc;
using DaskK8s.Dask.Tasks;

namespace DaskK8s.Dask.Code;

/// <summary>The code and packages of current and future workers (see <c>code.py</c>).</summary>
internal sealed class WorkerCode(SchedulerRpc rpc)
{
    /// <summary>Makes modules importable on the workers.</summary>
    /// <exception cref="DaskCodeException">They are not valid Python, or a worker could not load them.</exception>
    public async Task UploadAsync(CodePackage package, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        Dictionary<string, object?> reply = await SchedulerModule.Session.CallAsync(
            rpc,
            "upload",
            new() { ["name"] = package.Name, ["content"] = package.Content, ["check"] = package.IsSource },
            timeout,
            cancellationToken).ConfigureAwait(false);
        if (reply["outcome"] is "syntax")
        {
            throw new DaskCodeException(
                package.Name,
                $"'{package.Name}' was not uploaded, as it is not valid Python: {reply.GetValueOrDefault("text")}. What was uploaded before is still there.",
                new Dictionary<string, string>());
        }

        ThrowIfFailed(reply, package.Name, $"'{package.Name}' was not uploaded");
    }

    /// <summary>Removes modules from the workers.</summary>
    /// <returns>Whether they existed.</returns>
    public async Task<bool> RemoveAsync(string name, CancellationToken cancellationToken) =>
        (await SchedulerModule.Session.CallAsync(rpc, "remove_upload", new() { ["name"] = name }, null, cancellationToken).ConfigureAwait(false))["outcome"] is "OK";

    /// <summary>Installs packages.</summary>
    /// <exception cref="DaskCodeException">pip failed on a worker.</exception>
    public async Task InstallAsync(
        IReadOnlyList<string> packages, IReadOnlyList<string> options, bool restart, TimeSpan timeout, CancellationToken cancellationToken)
    {
        Dictionary<string, object?> reply = await SchedulerModule.Session.CallAsync(
            rpc,
            "packages",
            new() { ["packages"] = packages.ToArray(), ["options"] = options.ToArray(), ["restart"] = restart },
            timeout,
            cancellationToken).ConfigureAwait(false);
        string names = string.Join(", ", packages);
        ThrowIfFailed(reply, names, $"pip could not install {names}");
    }

    private static void ThrowIfFailed(Dictionary<string, object?> reply, string name, string what)
    {
        if (reply["outcome"] is "OK")
        {
            return;
        }

        Dictionary<string, string> failures = [];
        foreach ((string worker, object? text) in reply.GetValueOrDefault("failures") as Dictionary<string, object?> ?? [])
        {
            PythonError error = PythonError.Parse(text as string ?? string.Empty, string.Empty);
            failures[worker] = error.Type == "RuntimeError" ? error.Message : $"{error.Type}: {error.Message}";
        }

        (string first, string said) = failures.FirstOrDefault(new KeyValuePair<string, string>("a worker", "no reason is known"));
        throw new DaskCodeException(
            name, $"{what}, as {failures.Count} {(failures.Count == 1 ? "worker" : "workers")} failed; all workers are left as they were. {first} said: {said}", failures);
    }
}
