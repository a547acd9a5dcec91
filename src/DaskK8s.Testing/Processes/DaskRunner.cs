using System.Net;
using System.Text.Json.Nodes;
using DaskK8s.Testing.Storage;

namespace DaskK8s.Testing.Processes;

/// <summary>Runs the Dask containers of one cluster as local processes.</summary>
internal sealed class DaskRunner : IAsyncDisposable
{
    private readonly ObjectStore _store;
    private readonly EmbeddedClusterOptions _options;
    private readonly PodNetwork _network;
    private readonly string _python;
    private readonly DaskHost _host;
    private readonly string _directory;
    private readonly Lock _writing = new();
    private string _names = string.Empty;

    private DaskRunner(ObjectStore store, EmbeddedClusterOptions options, PodNetwork network, string python, DaskHost host, string directory)
    {
        (_store, _options, _network, _python, _host, _directory) = (store, options, network, python, host, directory);
        Directory.CreateDirectory(directory);
        NamesChanged();
    }

    private string NamesPath => Path.Combine(_directory, "names.json");

    public static async Task<DaskRunner> CreateAsync(ObjectStore store, EmbeddedClusterOptions options, PodNetwork network, string directory, CancellationToken cancellationToken)
    {
        string python = await PythonFinder.FindAsync(options.Python, cancellationToken).ConfigureAwait(false);
        DaskHost host = await DaskHost.AcquireAsync(python, cancellationToken).ConfigureAwait(false);
        return new DaskRunner(store, options, network, python, host, directory);
    }

    public Task<PodProcess> StartAsync(StoredObject pod, PodRun run, JsonObject container, LogBuffer log, CancellationToken cancellationToken)
    {
        (string module, IReadOnlyList<string> arguments) = DaskCommand.For(container, run.Address, _network, _options.UseNanny);
        JsonObject environment = new() { ["HOSTNAME"] = pod.Key.Name };
        foreach (JsonObject variable in container.Objects("env").Where(variable => variable["value"] is not null))
        {
            environment[variable.Text("name")!] = variable.Text("value");
        }

        return _host.StartAsync(
            new JsonObject
            {
                ["module"] = module,
                ["arguments"] = new JsonArray([.. arguments.Select(argument => (JsonNode)argument)]),
                ["environment"] = environment,
                ["directory"] = Path.Combine(_directory, pod.Key.Name),
                ["names"] = NamesPath,
                ["namespace"] = pod.Key.Namespace,
            },
            log,
            cancellationToken);
    }

    /// <summary>Writes the current target of each Service, for the name resolution of the pods' processes.</summary>
    public void NamesChanged()
    {
        lock (_writing)
        {
            string names = Names().ToJsonString();
            if (names != _names)
            {
                _names = names;
                File.WriteAllText($"{NamesPath}.new", names);
                File.Move($"{NamesPath}.new", NamesPath, overwrite: true);
            }
        }
    }

    public async ValueTask DisposeAsync() => await _host.ReleaseAsync(_python).ConfigureAwait(false);

    private JsonObject Names()
    {
        JsonObject names = [];
        foreach (StoredObject service in _store.List(ResourceTypes.Services).Items.Where(service => service.Value.At("spec", "selector") is JsonObject { Count: > 0 }))
        {
            StoredObject? pod = ServiceTargets.ReadyPods(_store, service).FirstOrDefault();
            JsonObject ports = [];
            foreach (JsonObject port in service.Value.Objects("spec", "ports"))
            {
                if (pod is not null && ServiceTargets.Port(pod, port) is { } target)
                {
                    IPEndPoint endpoint = _network.Endpoint(IPAddress.Parse(pod.Value.Text("status", "podIP")!), target);
                    ports[port.Text("port")!] = new JsonArray(endpoint.Address.ToString(), endpoint.Port);
                }
            }

            // Without a ready pod nothing listens behind the name: port 1 of loopback refuses, as the Service's address does.
            names[$"{service.Key.Name}.{service.Key.Namespace}"] = new JsonObject { ["address"] = _network.Node.ToString(), ["ports"] = ports };
        }

        return names;
    }
}
