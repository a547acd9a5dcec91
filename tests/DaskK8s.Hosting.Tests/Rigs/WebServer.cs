using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

namespace DaskK8s.Hosting.Tests.Rigs;

/// <summary>The web API as a process of its own, on a free loopback port.</summary>
internal sealed class WebServer : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly TaskCompletionSource<Uri> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private WebServer(Process process) => _process = process;

    public HttpClient Client { get; } = new() { Timeout = TimeSpan.FromSeconds(60) };

    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    public static async Task<WebServer> StartAsync(CancellationToken cancellationToken, params IEnumerable<string> settings)
    {
        ProcessStartInfo start = new("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in (string[])[Path.Combine(AppContext.BaseDirectory, "WebApi.dll"), "--urls", "http://127.0.0.1:0", .. settings])
        {
            start.ArgumentList.Add(argument);
        }

        start.WorkingDirectory = AppContext.BaseDirectory;
        Process process = new() { StartInfo = start };
        WebServer server = new(process);
        process.OutputDataReceived += (_, e) => server.Hear(e.Data);
        process.ErrorDataReceived += (_, e) => server.Hear(e.Data);
        process.Exited += (_, _) => server._address.TrySetException(new InvalidOperationException($"The web API ended: {server.Output}"));
        process.EnableRaisingEvents = true;
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            server.Client.BaseAddress = await server._address.Task.WaitAsync(TimeSpan.FromSeconds(60), cancellationToken);
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }

        return server;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private void Hear(string? line)
    {
        lock (_output)
        {
            _output.AppendLine(line);
        }

        if (line is not null && Regex.Match(line, "Now listening on: (http://127.0.0.1:\\d+)") is { Success: true } listening)
        {
            _address.TrySetResult(new Uri(listening.Groups[1].Value));
        }
    }
}
