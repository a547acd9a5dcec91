using System.Security.Cryptography;
using System.Text;

using DaskK8s.Dask.Protocol;

namespace DaskK8s.Dask.Rpc;

/// <summary>Puts our Python module on a scheduler: once, by a call of <c>run_function</c>.</summary>
/// <remarks>
/// Each call of <c>run_function</c> leaves its function in the scheduler's event log: so this one only names a global, and what the
/// module does later is reached by operations of its own. Their names carry a hash of the source: versions live side by side.
/// </remarks>
internal static class SchedulerModule
{
    private const string Loader = """
        import sys, types
        if name not in sys.modules:
            module = types.ModuleType(name)
            module.NAME, module.SUFFIX, module.RUNTIME, module.PLUGINS = runtime_name, suffix, runtime, plugins
            exec(session, module.__dict__)
            sys.modules[name] = module
        sys.modules[name].install_all()
        """;

    private static readonly string Session = string.Join("\n\n", Read("session.py"), Read("code.py"), Read("data.py"));
    private static readonly string Runtime = string.Join("\n\n", Read("runtime.py"), Read("transfers.py"));
    private static readonly string Plugins = Read("plugins.py");

    private static readonly string Hash =
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', Session, Runtime, Plugins))))[..12];

    /// <summary>Gets the operation that attaches a client to its session.</summary>
    public static string Attach { get; } = "daskk8s_attach_" + Hash;

    /// <summary>Gets the operation that gathers results.</summary>
    public static string Gather { get; } = "daskk8s_gather_" + Hash;

    /// <summary>Gets the operation that publishes futures under a name.</summary>
    public static string Publish { get; } = "daskk8s_publish_" + Hash;

    /// <summary>Gets the operation that tells the keys of what is published under a name.</summary>
    public static string Published { get; } = "daskk8s_published_" + Hash;

    /// <summary>Gets the operation that ends a publication.</summary>
    public static string Unpublish { get; } = "daskk8s_unpublish_" + Hash;

    /// <summary>Gets the operation that runs a function on workers outside of tasks.</summary>
    public static string RunOnWorkers { get; } = "daskk8s_run_" + Hash;

    /// <summary>Gets the operation that runs a function on the scheduler.</summary>
    public static string RunOnScheduler { get; } = "daskk8s_run_here_" + Hash;

    /// <summary>Gets the operation that makes modules importable on workers.</summary>
    public static string Upload { get; } = "daskk8s_upload_" + Hash;

    /// <summary>Gets the operation that takes modules from workers.</summary>
    public static string RemoveUpload { get; } = "daskk8s_remove_upload_" + Hash;

    /// <summary>Gets the operation that installs packages on workers.</summary>
    public static string InstallPackages { get; } = "daskk8s_packages_" + Hash;

    /// <summary>Gets the operation that fetches a piece of a large result.</summary>
    public static string Piece { get; } = "daskk8s_piece_" + Hash;

    /// <summary>Gets the operation that chooses a worker for a value.</summary>
    public static string Place { get; } = "daskk8s_place_" + Hash;

    /// <summary>Gets the operation that puts a piece of a value on a worker.</summary>
    public static string Put { get; } = "daskk8s_put_" + Hash;

    /// <summary>Gets the operation that makes a value of its pieces.</summary>
    public static string Keep { get; } = "daskk8s_keep_" + Hash;

    /// <summary>Installs the module; where it is there already, nothing changes.</summary>
    /// <param name="rpc">The scheduler.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>A task that ends when the operations are there.</returns>
    /// <exception cref="DaskRpcException">The scheduler runs no functions of clients, or failed to run this one.</exception>
    public static async Task InstallAsync(SchedulerRpc rpc, CancellationToken cancellationToken)
    {
        PickleWriter arguments = new();
        arguments.BeginTuple();
        arguments.Text(Loader.ReplaceLineEndings("\n"));
        arguments.BeginMap();
        foreach ((string name, string value) in new[]
        {
            ("name", "daskk8s_session_" + Hash), ("runtime_name", "daskk8s_runtime_" + Hash), ("suffix", Hash),
            ("session", Session), ("runtime", Runtime), ("plugins", Plugins),
        })
        {
            arguments.Text(name);
            arguments.Text(value);
        }

        arguments.EndMap();
        arguments.EndTuple();
        await rpc.RunFunctionAsync(PickleWriter.Global("builtins", "exec"), arguments.ToArray(), null, cancellationToken)
            .ConfigureAwait(false);
    }

    /// <summary>Calls an operation of the module that tells its outcome.</summary>
    /// <param name="rpc">The scheduler.</param>
    /// <param name="call">The call.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The answer; it has an <c>outcome</c>.</returns>
    /// <exception cref="DaskProtocolException">The answer has none.</exception>
    public static async Task<Dictionary<string, object?>> CallAsync(SchedulerRpc rpc, RpcCall call, CancellationToken cancellationToken)
    {
        object? reply = await rpc.CallAsync(call, cancellationToken).ConfigureAwait(false);
        if (reply is null)
        {
            // A scheduler that restarted a moment ago, before the session is back.
            await InstallAsync(rpc, cancellationToken).ConfigureAwait(false);
            reply = await rpc.CallAsync(call, cancellationToken).ConfigureAwait(false);
        }

        return reply is Dictionary<string, object?> map && map.ContainsKey("outcome")
            ? map
            : throw new DaskProtocolException($"The scheduler's answer to '{call.Operation}' is not of the expected form.");
    }

    /// <summary>Reads a Python source of ours.</summary>
    internal static string Read(string resource)
    {
        using Stream stream = typeof(SchedulerModule).Assembly.GetManifestResourceStream(resource)!;
        using StreamReader reader = new(stream, Encoding.UTF8);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
