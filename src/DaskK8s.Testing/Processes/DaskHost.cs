using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using DaskK8s.Testing.Storage;

namespace DaskK8s.Testing.Processes;

/// <summary>
/// The Python process that starts the pods' processes. All clusters of this .NET process with the same Python share it. It stays for a moment after the last
/// one, because importing Dask takes most of a pod's start. It exits when its standard input closes, at the latest when this process exits.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "Shared by clusters and counted: EndWhenIdleAsync closes it.")]
internal sealed class DaskHost
{
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(2);
    private static readonly SemaphoreSlim Gate = new(1, 1);
    private static readonly Dictionary<string, DaskHost> Hosts = new(StringComparer.Ordinal);

    private readonly Process _process;
    private readonly Socket _listener;
    private readonly ConcurrentDictionary<string, (PodProcess Process, LogBuffer Log)> _pods = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource<string> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly StringBuilder _errors = new();
    private readonly Lock _writing = new();
    private int _users;
    private int _numbers;

    private DaskHost(string python)
    {
        _listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(128);
        string script = Script();
        _process = Process.Start(new ProcessStartInfo(python, ["-u", "-c", script, script, "host"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            CreateNoWindow = true,
        }) ?? throw new DaskNotFoundException($"Python could not be started: {python}.");
        _ = AcceptAsync();
        _ = ReadEventsAsync();
        _ = ReadErrorsAsync();
    }

    public static async Task<DaskHost> AcquireAsync(string python, CancellationToken cancellationToken)
    {
        await Gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        DaskHost host;
        try
        {
            if (!Hosts.TryGetValue(python, out host!) || host._process.HasExited)
            {
                Hosts[python] = host = new DaskHost(python);
            }

            host._users++;
        }
        finally
        {
            Gate.Release();
        }

        try
        {
            await host._ready.Task.WaitAsync(StartLimit, cancellationToken).ConfigureAwait(false);
            return host;
        }
        catch (TimeoutException)
        {
            await host.ReleaseAsync(python).ConfigureAwait(false);
            throw new DaskNotFoundException($"{python} did not import distributed within {StartLimit.TotalMinutes:0} minutes.");
        }
        catch
        {
            await host.ReleaseAsync(python).ConfigureAwait(false);
            throw;
        }
    }

    public async Task ReleaseAsync(string python)
    {
        await Gate.WaitAsync().ConfigureAwait(false);
        try
        {
            _users--;
        }
        finally
        {
            Gate.Release();
        }

        _ = EndWhenIdleAsync(python);
    }

    public async Task<PodProcess> StartAsync(JsonObject order, LogBuffer log, CancellationToken cancellationToken)
    {
        string id = $"p{Interlocked.Increment(ref _numbers)}";
        PodProcess pod = new(id, this);
        _pods[id] = (pod, log);
        order["id"] = id;
        order["port"] = ((IPEndPoint)_listener.LocalEndPoint!).Port;
        order["token"] = id;
        Send(order);
        await pod.Started.WaitAsync(cancellationToken).ConfigureAwait(false);
        return pod;
    }

    public void Signal(string id, int number)
    {
        if (_pods.ContainsKey(id))
        {
            Send(new JsonObject { ["id"] = id, ["signal"] = number });
        }
    }

    private static string Script()
    {
        using Stream stream = typeof(DaskHost).Assembly.GetManifestResourceStream("pod_host.py")!;
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }

    private void Send(JsonObject order)
    {
        lock (_writing)
        {
            try
            {
                _process.StandardInput.Write(order.ToJsonString() + "\n");
                _process.StandardInput.Flush();
            }
            catch (Exception e) when (e is IOException or InvalidOperationException)
            {
                Fail();
            }
        }
    }

    private async Task EndWhenIdleAsync(string python)
    {
        await Task.Delay(Linger).ConfigureAwait(false);
        await Gate.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_users == 0 && Hosts.TryGetValue(python, out DaskHost? host) && ReferenceEquals(host, this))
            {
                Hosts.Remove(python);
                _process.StandardInput.Close();
                _listener.Dispose();
            }
        }
        finally
        {
            Gate.Release();
        }
    }

    private async Task ReadEventsAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync().ConfigureAwait(false) is { } line)
        {
            if (!line.StartsWith('{') || JsonNode.Parse(line) is not JsonObject told)
            {
                continue;
            }

            if (told.Text("ready") is { } version)
            {
                _ready.TrySetResult(version);
            }
            else if (told.Text("started") is { } started && _pods.TryGetValue(started, out (PodProcess Process, LogBuffer Log) pod))
            {
                pod.Process.SetStarted((int)told.Number("pid")!);
            }
            else if (told.Text("exited") is { } exited && _pods.TryRemove(exited, out (PodProcess Process, LogBuffer Log) gone))
            {
                gone.Process.SetExited((int)told.Number("code")!);
            }
        }

        Fail();
    }

    private async Task ReadErrorsAsync()
    {
        while (await _process.StandardError.ReadLineAsync().ConfigureAwait(false) is { } line)
        {
            lock (_errors)
            {
                if (_errors.Length < 10_000)
                {
                    _errors.AppendLine(line);
                }
            }
        }
    }

    private void Fail()
    {
        lock (_errors)
        {
            _ready.TrySetException(new DaskNotFoundException($"The Python process that runs Dask ended. It said: {_errors}"));
            _ = _ready.Task.Exception;
        }

        foreach ((string id, (PodProcess process, _)) in _pods)
        {
            _pods.TryRemove(id, out _);
            process.SetExited(137);
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket connection = await _listener.AcceptAsync().ConfigureAwait(false);
                _ = ReadLogAsync(connection);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task ReadLogAsync(Socket connection)
    {
        try
        {
            using NetworkStream stream = new(connection, ownsSocket: true);
            using StreamReader reader = new(stream);
            if (await reader.ReadLineAsync().ConfigureAwait(false) is not { } id || !_pods.TryGetValue(id, out (PodProcess Process, LogBuffer Log) pod))
            {
                return;
            }

            while (await reader.ReadLineAsync().ConfigureAwait(false) is { } line)
            {
                pod.Log.Add(line);
            }
        }
        catch (IOException)
        {
            // The process was killed; its exit is told by the host.
        }
    }
}
