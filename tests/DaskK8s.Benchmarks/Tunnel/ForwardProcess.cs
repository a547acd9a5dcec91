using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace DaskK8s.Benchmarks.Tunnel;

/// <summary>A program that forwards a local port, ours or kubectl, as a process of its own that can be measured.</summary>
internal sealed partial class ForwardProcess : IDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly Process process;

    private ForwardProcess(Process process, int port)
    {
        this.process = process;
        Port = port;
    }

    public int Port { get; }

    public TimeSpan ProcessorTime
    {
        get
        {
            process.Refresh();
            return process.TotalProcessorTime;
        }
    }

    public double ResidentMiB
    {
        get
        {
            process.Refresh();
            return process.WorkingSet64 / (1024.0 * 1024);
        }
    }

    /// <summary>Starts this program's verb <c>forward</c>.</summary>
    public static Task<ForwardProcess> StartOursAsync(string kubeconfig, string @namespace, string transport)
    {
        string program = Environment.ProcessPath!;
        string[] host = Path.GetFileNameWithoutExtension(program) == "dotnet" ? [typeof(ForwardProcess).Assembly.Location] : [];
        return StartAsync(program, [.. host, "forward", "--kubeconfig", kubeconfig, "--namespace", @namespace, "--transport", transport]);
    }

    public static Task<ForwardProcess> StartKubectlAsync(string kubectl, string kubeconfig, string @namespace) => StartAsync(
        kubectl, ["port-forward", "--kubeconfig", kubeconfig, "--namespace", @namespace, "--address", "127.0.0.1", $"pod/{DataPod.Name}", $":{DataPod.Port}"]);

    public void Dispose()
    {
        process.Kill();
        process.WaitForExit();
        process.Dispose();
    }

    private static async Task<ForwardProcess> StartAsync(string program, string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardInput = true, RedirectStandardError = true };
        Process process = Process.Start(start)!;
        ConcurrentQueue<string> errors = new();
        process.ErrorDataReceived += (_, line) => errors.Enqueue(line.Data ?? "");
        process.BeginErrorReadLine();
        using CancellationTokenSource limit = new(StartLimit);
        try
        {
            while (await process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
            {
                Match match = Announcement().Match(line);
                if (match.Success)
                {
                    // kubectl says a line for each connection.
                    _ = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null, CancellationToken.None);
                    return new ForwardProcess(process, int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture));
                }
            }

            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
        }

        throw new InvalidOperationException($"'{program} {string.Join(' ', arguments)}' did not forward: {string.Join(' ', errors).Trim()}");
    }

    [GeneratedRegex(@"Forwarding from 127\.0\.0\.1:(\d+)")]
    private static partial Regex Announcement();
}
