using System.ComponentModel;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace DaskK8s.Benchmarks;

/// <summary>Runs <c>kubectl</c>, the rival.</summary>
internal sealed partial class Kubectl(string program, string kubeconfig, string @namespace)
{
    /// <summary>Forwards a Service's port from the start of the process until the first byte from the scheduler has come.</summary>
    /// <returns>The time it took.</returns>
    public async Task<TimeSpan> ForwardToFirstByteAsync(string service, int port)
    {
        long start = Stopwatch.GetTimestamp();
        using Process process = Start(["port-forward", $"service/{service}", $":{port}"]);
        try
        {
            string line = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException(await process.StandardError.ReadToEndAsync());
            int local = int.Parse(LocalPort().Match(line).Groups[1].ValueSpan, System.Globalization.CultureInfo.InvariantCulture);
            using TcpClient client = new();
            await client.ConnectAsync("127.0.0.1", local);
            // Dask's scheduler speaks first: both sides send their handshake at once.
            await client.GetStream().ReadExactlyAsync(new byte[1]);
            return Stopwatch.GetElapsedTime(start);
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync();
        }
    }

    /// <summary>Scales a Deployment, the whole process.</summary>
    public async Task ScaleAsync(string deployment, int replicas)
    {
        using Process process = Start(["scale", $"deployment/{deployment}", $"--replicas={replicas}"]);
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException(await process.StandardError.ReadToEndAsync());
        }
    }

    /// <summary>Counts the requests of one forward up to the first byte, the upgrade among them: kubectl logs each.</summary>
    public async Task<int> CountForwardRequestsAsync(string service, int port)
    {
        using Process process = Start(["port-forward", "-v=6", $"service/{service}", $":{port}"]);
        Task<string> log = process.StandardError.ReadToEndAsync();
        await process.StandardOutput.ReadLineAsync();
        process.Kill();
        await process.WaitForExitAsync();
        return Request().Count(await log);
    }

    private Process Start(string[] arguments)
    {
        ProcessStartInfo start = new(program, ["--kubeconfig", kubeconfig, "--namespace", @namespace, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new InvalidOperationException($"'{program}' cannot be started ({e.Message}). Put kubectl on the PATH, or name it with --kubectl.", e);
        }
    }

    [GeneratedRegex(@"Forwarding from 127\.0\.0\.1:(\d+)")]
    private static partial Regex LocalPort();

    [GeneratedRegex(@"\b(GET|POST)\b.*https?://")]
    private static partial Regex Request();
}
