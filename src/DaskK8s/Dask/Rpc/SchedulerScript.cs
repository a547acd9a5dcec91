using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

using DaskK8s.Dask.Protocol;

namespace DaskK8s.Dask.Rpc;

/// <summary>A Python module of ours on the scheduler: installed when it is first called, and again after the scheduler restarted.</summary>
/// <remarks>
/// Installing it adds one operation to the scheduler, so that calls of it are no <c>run_function</c>, of which the scheduler keeps
/// each in its event log and writes a line to its log. The names carry a hash of the source: versions live side by side.
/// What a module stands on is a module of its own beside it (<c>NAME_holds</c>).
/// </remarks>
internal sealed class SchedulerScript
{
    /// <summary>Loads modules and installs the last of them, unless a client before has done so.</summary>
    private const string Loader = """
        import sys, types
        from distributed.scheduler import Scheduler
        for name, source in MODULES:
            if name not in sys.modules:
                module = types.ModuleType(name)
                exec(compile(source, name, "exec"), module.__dict__)
                sys.modules[name] = module
        for scheduler in Scheduler._instances:
            if name not in scheduler.handlers:
                sys.modules[name].install(name, scheduler)
        """;

    private readonly string _name;
    private readonly (string Name, string Source)[] _modules;

    private SchedulerScript(string name, params string[] ground)
    {
        string[] sources = [.. ground.Append(name).Select(static n => SchedulerModule.Read($"{n}.py"))];
        _name = $"daskk8s_{name}_{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', sources))))[..12]}";
        _modules = [.. ground.Select(part => $"{_name}_{part}").Append(_name).Zip(sources)];
    }

    /// <summary>Gets the module that drains workers.</summary>
    public static SchedulerScript Retirement { get; } = new("retirement", "holds");

    /// <summary>Gets the module that counts what tasks ask for.</summary>
    public static SchedulerScript Demand { get; } = new("demand");

    /// <summary>Gets the module that counts workers.</summary>
    public static SchedulerScript Workers { get; } = new("workers");

    /// <summary>Calls the module's operation.</summary>
    /// <param name="rpc">The scheduler.</param>
    /// <param name="spec">What it is given.</param>
    /// <param name="timeout">The time for the answer.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>What it answered.</returns>
    /// <exception cref="DaskRpcException">The scheduler runs no functions (<see cref="IsBlocked"/>), or the function failed.</exception>
    public async Task<JsonElement> CallAsync(SchedulerRpc rpc, JsonObject spec, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        RpcCall call = new(_name)
        {
            Arguments = new Dictionary<string, object?> { ["text"] = spec.ToJsonString() },
            Idempotent = true,
            Timeout = timeout,
        };
        // An operation that the scheduler lacks leaves a traceback in its log: a scheduler that may be a new one is not asked for it.
        if (!rpc.Installed.TryGetValue(_name, out int generation) || generation != rpc.Generation)
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

        try
        {
            using JsonDocument document = JsonDocument.Parse(answer as string
                ?? throw new DaskProtocolException($"The scheduler's answer from {_name} is not a string."));
            return document.RootElement.Clone();
        }
        catch (JsonException e)
        {
            throw new DaskProtocolException($"The scheduler's answer from {_name} is not JSON: {e.Message}", e);
        }
    }

    /// <summary>
    /// Tells whether an error means that the scheduler runs no functions at all: <c>distributed.scheduler.pickle: false</c> up to 2024,
    /// <c>run_function</c> among the <c>distributed.scheduler.blocked-handlers</c> of any version.
    /// </summary>
    public static bool IsBlocked(DaskRpcException error) =>
        error.PythonException?.Contains("explicitly disallowed", StringComparison.Ordinal) == true;

    /// <summary>Pickles a tuple of one text.</summary>
    internal static byte[] PickleText(string text)
    {
        PickleWriter pickle = new();
        pickle.BeginTuple();
        pickle.Text(text);
        pickle.EndTuple();
        return pickle.ToArray();
    }

    private async Task InstallAsync(SchedulerRpc rpc, CancellationToken cancellationToken)
    {
        IEnumerable<string> modules = _modules.Select(static m => $"({Quote(m.Name)}, {Quote(m.Source)})");
        string loader = Loader.Replace("MODULES", $"[{string.Join(", ", modules)}]", StringComparison.Ordinal).ReplaceLineEndings("\n");
        await rpc.RunFunctionAsync(PickleWriter.Global("builtins", "exec"), PickleText(loader), null, cancellationToken).ConfigureAwait(false);
        rpc.Installed[_name] = rpc.Generation;
    }

    /// <summary>Writes a text as a literal that JSON and Python read alike.</summary>
    private static string Quote(string text) => $"\"{JsonEncodedText.Encode(text)}\"";
}
