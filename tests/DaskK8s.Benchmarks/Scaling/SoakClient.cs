using System.Diagnostics;
using System.Globalization;

namespace DaskK8s.Benchmarks.Scaling;

/// <summary>A process of its own that scales once, and may be killed while it does.</summary>
internal sealed class SoakClient : IDisposable
{
    public const string Verb = "scale-soak-client";
    private const string Connected = "connected";
    private readonly Process _process;
    private readonly Task<string> _errors;

    private SoakClient(Process process) => (_process, _errors) = (process, process.StandardError.ReadToEndAsync());

    /// <summary>Starts a client and waits until it has connected.</summary>
    /// <exception cref="InvalidOperationException">It ended before.</exception>
    public static async Task<SoakClient> StartAsync(SoakTarget target, string group, int replicas)
    {
        (string program, string[] arguments) = ChildProcess.CommandOf(
            Verb, target.Kubeconfig, target.Release, target.Namespace, group, replicas.ToString(CultureInfo.InvariantCulture));
        SoakClient client = new(Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!);
        string? first = await client._process.StandardOutput.ReadLineAsync();
        if (first == Connected)
        {
            return client;
        }

        using (client)
        {
            await client._process.WaitForExitAsync();
            throw new InvalidOperationException(
                $"A client that was to be killed did not connect: '{program} {arguments[0]}' ended with {client._process.ExitCode}. It said: {first} {await client._errors}");
        }
    }

    /// <summary>Makes one scaling and ends: what the process does.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        await using HelmCluster cluster = await SoakTarget.ConnectAsync(args[0], args[1], args[2]);
        Console.WriteLine(Connected);
        try
        {
            await cluster.ScaleAsync(int.Parse(args[4], CultureInfo.InvariantCulture), args[3]);
        }
        catch (LosslessScaleDownException e)
        {
            // A refusal is an answer.
            Console.WriteLine(e.Message);
        }

        return 0;
    }

    /// <summary>Kills the client after a time.</summary>
    /// <returns>Whether it was killed; false where it had finished before.</returns>
    /// <exception cref="InvalidOperationException">It had failed before.</exception>
    public async Task<bool> KillAfterAsync(TimeSpan life)
    {
        using CancellationTokenSource limit = new(life);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
            return true;
        }

        return _process.ExitCode == 0 ? false : throw new InvalidOperationException($"A client that was to be killed failed with {_process.ExitCode}: {await _errors}");
    }

    public void Dispose() => _process.Dispose();
}
