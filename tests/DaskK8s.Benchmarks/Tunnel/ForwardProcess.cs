using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace DaskK8s.Benchmarks.Tunnel;

/// <summary>Is a program that forwards a local port, ours or kubectl, as a process of its own that can be measured.</summary>
internal sealed partial class ForwardProcess : IDisposable
{
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
    public static Task<ForwardProcess> StartOursAsync(string kubeconfig, string @namespace, string transport) => StartAsync(
        Environment.ProcessPath!, ["forward", "--kubeconfig", kubeconfig, "--namespace", @namespace, "--transport", transport]);

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
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardInput = true };
        Process process = Process.Start(start)!;
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            Match match = Announcement().Match(line);
            if (match.Success)
            {
                // kubectl says a line for each connection.
                _ = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
                return new ForwardProcess(process, int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture));
            }
        }

        throw new InvalidOperationException($"'{program}' ended before it forwarded.");
    }

    [GeneratedRegex(@"Forwarding from 127\.0\.0\.1:(\d+)")]
    private static partial Regex Announcement();
}
