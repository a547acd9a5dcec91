using System.Net;
using System.Text.Json.Nodes;
using DaskK8s.Testing.Storage;

namespace DaskK8s.Testing.Processes;

/// <summary>Converts a container's command line to a local one: the same arguments, listening on the pod's own address.</summary>
internal static class DaskCommand
{
    private static readonly HashSet<string> Workers = new(StringComparer.Ordinal) { "dask-worker", "dask-cuda-worker" };

    public static bool IsDask(JsonObject container) => Module(Words(container)) is not null;

    /// <summary>Returns the Python module that runs the container and its arguments.</summary>
    public static (string Module, IReadOnlyList<string> Arguments) For(JsonObject container, IPAddress pod, PodNetwork network, bool useNanny)
    {
        IReadOnlyList<string> words = Words(container);
        (string module, int skip) = Module(words)!.Value;
        List<string> arguments = [.. words.Skip(skip)];
        bool worker = module.EndsWith("dask_worker", StringComparison.Ordinal);
        IPEndPoint Local(int port) => network.Endpoint(pod, port);
        Rewrite(arguments, "--dashboard-address", value => value.Split(':')[^1] is var port && int.TryParse(port, out int number) && number > 0 ? Local(number).ToString() : value);
        if (!Has(arguments, "--host") && !Has(arguments, "--interface"))
        {
            arguments.AddRange(["--host", Local(8786).Address.ToString()]);
        }

        if (!worker)
        {
            Rewrite(arguments, "--port", value => int.TryParse(value, out int port) && port > 0 ? Local(port).Port.ToString(System.Globalization.CultureInfo.InvariantCulture) : value);
        }
        else
        {
            Rewrite(arguments, "--worker-port", value => int.TryParse(value, out int port) && port > 0 ? Local(port).Port.ToString(System.Globalization.CultureInfo.InvariantCulture) : value);
            // Several workers in one pod need the nanny.
            bool several = Has(arguments, "--nworkers") || Has(arguments, "--nprocs");
            if (!useNanny && !several && !Has(arguments, "--nanny") && !Has(arguments, "--no-nanny"))
            {
                arguments.Add("--no-nanny");
            }
        }

        return (module, arguments);
    }

    private static IReadOnlyList<string> Words(JsonObject container) =>
        [.. ((container["command"] as JsonArray) ?? []).Concat((container["args"] as JsonArray) ?? []).Select(word => word.Text() ?? string.Empty)];

    private static (string Module, int Skip)? Module(IReadOnlyList<string> words) => words switch
    {
        ["dask-scheduler", ..] => ("distributed.cli.dask_scheduler", 1),
        [var first, ..] when Workers.Contains(first) => ("distributed.cli.dask_worker", 1),
        ["dask", "scheduler", ..] => ("distributed.cli.dask_scheduler", 2),
        ["dask", "worker", ..] => ("distributed.cli.dask_worker", 2),
        ["python" or "python3", "-m", "distributed.cli.dask_worker" or "distributed.cli.dask_scheduler", ..] => (words[2], 3),
        _ => null,
    };

    private static bool Has(List<string> arguments, string option) =>
        arguments.Exists(word => word == option || word.StartsWith($"{option}=", StringComparison.Ordinal));

    private static void Rewrite(List<string> arguments, string option, Func<string, string> change)
    {
        for (int i = 0; i < arguments.Count; i++)
        {
            if (arguments[i] == option && i + 1 < arguments.Count)
            {
                arguments[i + 1] = change(arguments[i + 1]);
            }
            else if (arguments[i].StartsWith($"{option}=", StringComparison.Ordinal))
            {
                arguments[i] = $"{option}={change(arguments[i][(option.Length + 1)..])}";
            }
        }
    }
}
