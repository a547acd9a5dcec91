using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

using DaskK8s.Dask.Protocol;

namespace DaskK8s.Dask.Rpc;

/// <summary>A Python package of this library on the scheduler: installed on the first call, and again after a restart of the scheduler.</summary>
/// <remarks>
/// The scheduler keeps each call of <c>run_function</c> in its event log and writes a line to its log, so only the installation is one; it adds
/// operations to the scheduler. Their names contain a hash of the source, so versions can coexist.
/// </remarks>
internal sealed class SchedulerModule
{
    /// <summary>Loads missing modules, and installs the package on schedulers that lack its operation.</summary>
    private const string Loader = """
        import sys
        from importlib.machinery import ModuleSpec
        from importlib.util import module_from_spec
        from distributed.scheduler import Scheduler
        if name not in sys.modules:
            package = sys.modules[name] = module_from_spec(ModuleSpec(name, None, is_package=True))
            package.sources = sources
        for part in parts.split():
            full = f"{name}.{part}"
            if full not in sys.modules:
                module = module_from_spec(ModuleSpec(full, None))
                exec(compile(sources[part], full, "exec"), module.__dict__)
                sys.modules[full] = module
        for scheduler in Scheduler._instances:
            if name not in scheduler.handlers:
                sys.modules[full].install(name, scheduler)
        """;

    private readonly Dictionary<string, string> _sources;
    private readonly string _parts;
    private readonly string _hash;

    /// <summary>Creates a package from its modules.</summary>
    /// <param name="name">The package.</param>
    /// <param name="parts">Its modules in the order in which they are loaded; the last one installs the package.</param>
    /// <param name="others">Sources that it sends to workers.</param>
    private SchedulerModule(string name, string[] parts, params string[] others)
    {
        _sources = parts.Concat(others).ToDictionary(static part => part, Read);
        _parts = string.Join(' ', parts);
        _hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', _sources.Values))))[..12];
        Name = Operation(name);
    }

    /// <summary>Gets the package that holds the tasks of clients; its own operation attaches a client.</summary>
    public static SchedulerModule Session { get; } = new(
        "session", ["runtimes", "submission", "session", "datasets", "code", "data", "service"], "runtime", "transfers", "partitions", "plugins");

    /// <summary>Gets the package that drains workers.</summary>
    public static SchedulerModule Retirement { get; } = new("retirement", ["holds", "retirement"]);

    /// <summary>Gets the package that counts the resources that tasks require.</summary>
    public static SchedulerModule Demand { get; } = new("demand", ["demand"]);

    /// <summary>Gets the package that counts workers.</summary>
    public static SchedulerModule Workers { get; } = new("workers", ["workers"]);

    /// <summary>Gets the name, which is also that of its first operation.</summary>
    public string Name { get; }

    /// <summary>Returns the name of one of the package's operations on the scheduler.</summary>
    public string Operation(string verb) => $"daskk8s_{verb}_{_hash}";

    /// <summary>Installs the package; an installed one is not changed.</summary>
    /// <param name="rpc">The scheduler.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>A task that completes when the operations are available.</returns>
    /// <exception cref="DaskRpcException">The scheduler runs no functions (<see cref="IsBlocked"/>), or the installation failed.</exception>
    public async Task InstallAsync(SchedulerRpc rpc, CancellationToken cancellationToken)
    {
        PickleWriter arguments = new();
        arguments.BeginTuple();
        arguments.Text(Loader.ReplaceLineEndings("\n"));
        arguments.BeginMap();
        WriteTexts(arguments, [new("name", Name), new("parts", _parts)]);
        arguments.Text("sources");
        arguments.BeginMap();
        WriteTexts(arguments, _sources);
        arguments.EndMap();
        arguments.EndMap();
        arguments.EndTuple();
        await rpc.RunFunctionAsync(PickleWriter.Global("builtins", "exec"), arguments.ToArray(), null, cancellationToken).ConfigureAwait(false);
        rpc.Installed[Name] = rpc.Generation;
    }

    /// <summary>Calls an operation whose argument and answer are JSON strings.</summary>
    /// <param name="rpc">The scheduler.</param>
    /// <param name="spec">The argument.</param>
    /// <param name="timeout">The time limit for the answer.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The answer.</returns>
    /// <exception cref="DaskRpcException">The scheduler does not run functions (<see cref="IsBlocked"/>), or the function failed.</exception>
    public async Task<JsonElement> CallAsync(SchedulerRpc rpc, JsonObject spec, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        RpcCall call = new(Name)
        {
            Arguments = new Dictionary<string, object?> { ["text"] = spec.ToJsonString() },
            Idempotent = true,
            Timeout = timeout,
        };
        try
        {
            using JsonDocument document = JsonDocument.Parse(await CallAsync(rpc, call, cancellationToken).ConfigureAwait(false) as string
                ?? throw new DaskProtocolException($"The scheduler's answer from {Name} is not a string."));
            return document.RootElement.Clone();
        }
        catch (JsonException e)
        {
            throw new DaskProtocolException($"The scheduler's answer from {Name} is not JSON: {e.Message}", e);
        }
    }

    /// <summary>Calls an operation that returns its outcome.</summary>
    /// <param name="rpc">The scheduler.</param>
    /// <param name="verb">The operation.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="timeout">The time limit for the answer.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The answer, which has an <c>outcome</c>.</returns>
    /// <exception cref="DaskProtocolException">The answer has no outcome.</exception>
    public async Task<Dictionary<string, object?>> CallAsync(
        SchedulerRpc rpc, string verb, Dictionary<string, object?> arguments, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        RpcCall call = new(Operation(verb)) { Arguments = arguments, Timeout = timeout };
        return await CallAsync(rpc, call, cancellationToken).ConfigureAwait(false) is Dictionary<string, object?> map && map.ContainsKey("outcome")
            ? map
            : throw new DaskProtocolException($"The scheduler's answer to '{call.Operation}' has an unexpected form.");
    }

    /// <summary>Calls an operation, and installs the package if the scheduler may lack it.</summary>
    /// <param name="rpc">The scheduler.</param>
    /// <param name="call">The call.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The answer.</returns>
    public async Task<object?> CallAsync(SchedulerRpc rpc, RpcCall call, CancellationToken cancellationToken)
    {
        // An operation that the scheduler lacks leaves a traceback in its log: a scheduler that may be a new one is not asked for it.
        if (!rpc.Installed.TryGetValue(Name, out int generation) || generation != rpc.Generation)
        {
            await InstallAsync(rpc, cancellationToken).ConfigureAwait(false);
        }

        object? answer = await rpc.CallAsync(call, cancellationToken).ConfigureAwait(false);
        if (answer is null)
        {
            // An operation that the scheduler does not know is answered by nothing.
            await InstallAsync(rpc, cancellationToken).ConfigureAwait(false);
            answer = await rpc.CallAsync(call, cancellationToken).ConfigureAwait(false);
        }

        return answer;
    }

    /// <summary>
    /// Determines whether an error means that the scheduler does not run functions: <c>distributed.scheduler.pickle: false</c> up to 2024,
    /// or <c>run_function</c> among the <c>distributed.scheduler.blocked-handlers</c> in any version.
    /// </summary>
    public static bool IsBlocked(DaskRpcException error) =>
        error.PythonException?.Contains("explicitly disallowed", StringComparison.Ordinal) == true;

    private static void WriteTexts(PickleWriter pickle, IEnumerable<KeyValuePair<string, string>> texts)
    {
        foreach ((string name, string text) in texts)
        {
            pickle.Text(name);
            pickle.Text(text);
        }
    }

    private static string Read(string part)
    {
        using Stream stream = typeof(SchedulerModule).Assembly.GetManifestResourceStream($"{part}.py")!;
        using StreamReader reader = new(stream, Encoding.UTF8);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
