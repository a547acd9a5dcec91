using System.ComponentModel;
using System.Diagnostics;
using System.Text;

using DaskK8s.Common;
using DaskK8s.Kubernetes.Config;

namespace DaskK8s.Kubernetes.Credentials;

/// <summary>Runs a helper program once and returns its output, which never appears in an error.</summary>
/// <param name="exec">The helper.</param>
/// <param name="cluster">The cluster that the program may receive information about.</param>
/// <param name="user">The name of the kubeconfig's user, for errors.</param>
/// <param name="limit">The time limit of a run.</param>
/// <param name="timeProvider">The clock of the limit.</param>
/// <param name="environment">The environment, for PATH.</param>
internal sealed class ExecProcess(
    KubeConfigExec exec,
    KubeConfigCluster cluster,
    string? user,
    TimeSpan limit,
    TimeProvider timeProvider,
    KubeConfigEnvironment environment)
{
    private const int MaxOutput = 1 << 20;

    /// <summary>Gets the program without its arguments, for errors and logs.</summary>
    public string Command => exec.Command;

    /// <summary>Runs the program.</summary>
    /// <param name="cancellationToken">Stops the program.</param>
    /// <returns>Its output.</returns>
    /// <exception cref="KubeCredentialException">The program is missing, failed, took too long or printed too much.</exception>
    public async Task<string> RunAsync(CancellationToken cancellationToken)
    {
        bool isInteractive = exec.InteractiveMode != "Never" && environment.HasTerminal;
        if (exec.InteractiveMode == "Always" && !isInteractive)
        {
            throw Failed("it must be able to ask its user (interactiveMode: Always), but this process has no terminal");
        }

        string path = ExecCommand.Find(exec.Command, environment.GetVariable) ?? throw Missing();
        using Process process = Start(path, isInteractive);
        using TimeLimit timeout = new(limit, timeProvider, cancellationToken);
        try
        {
            Task errors = isInteractive ? Task.CompletedTask : process.StandardError.BaseStream.CopyToAsync(Stream.Null, timeout.Token);
            string output = await ReadAsync(process.StandardOutput.BaseStream, timeout.Token).ConfigureAwait(false);
            await process.WaitForExitAsync(timeout.Token).ConfigureAwait(false);
            await errors.ConfigureAwait(false);
            return process.ExitCode == 0 ? output : throw Failed($"it ended with exit code {process.ExitCode}", process.ExitCode);
        }
        catch (OperationCanceledException) when (timeout.Passed)
        {
            throw Failed($"it did not end within {limit.TotalSeconds} s and was stopped");
        }
        finally
        {
            Stop(process);
        }
    }

    /// <summary>Creates the error for a failure of the program.</summary>
    /// <param name="what">What happened, without the program's output.</param>
    /// <param name="exitCode">The exit code, if it ended.</param>
    /// <returns>The error.</returns>
    public KubeCredentialException Failed(string what, int? exitCode = null) =>
        new($"The credential helper '{Command}' of the kubeconfig's user '{user}' returned no credentials: {what}. Run a kubectl command with the same context to see what it says.")
        {
            User = user,
            Command = Command,
            ExitCode = exitCode,
        };

    private KubeCredentialException Missing()
    {
        string hint = exec.InstallHint is null ? "Install it, or put its directory into PATH." : exec.InstallHint.Trim();
        return new KubeCredentialException(
            $"The credential helper '{Command}' of the kubeconfig's user '{user}' is not installed: it was not found in PATH. {hint}")
        {
            User = user,
            Command = Command,
            InstallHint = exec.InstallHint,
        };
    }

    private Process Start(string path, bool isInteractive)
    {
        ProcessStartInfo info = new(path)
        {
            UseShellExecute = false,
            CreateNoWindow = !isInteractive,
            RedirectStandardOutput = true,
            // A login prompt comes on standard error; with nobody there to read it, it may hold secrets and goes nowhere.
            RedirectStandardError = !isInteractive,
            RedirectStandardInput = !isInteractive,
        };
        foreach (string argument in exec.Arguments)
        {
            info.ArgumentList.Add(argument);
        }

        foreach ((string name, string value) in exec.Environment)
        {
            info.Environment[name] = value;
        }

        info.Environment["KUBERNETES_EXEC_INFO"] = ExecInfo.Write(exec, cluster, isInteractive);
        try
        {
            Process process = Process.Start(info)!;
            if (!isInteractive)
            {
                process.StandardInput.Close();
            }

            return process;
        }
        catch (Win32Exception e)
        {
            throw Failed($"it could not be started (system error {e.NativeErrorCode})");
        }
    }

    private async Task<string> ReadAsync(Stream output, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[16 << 10];
        using MemoryStream all = new();
        int count;
        while ((count = await output.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            if (all.Length + count > MaxOutput)
            {
                throw Failed("it printed more than 1 MiB");
            }

            await all.WriteAsync(buffer.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
        }

        // Helpers written in PowerShell may begin with a mark of UTF-8 or UTF-16.
        all.Position = 0;
        using StreamReader reader = new(all, Encoding.UTF8, detectEncodingFromByteOrderMarks: true);
        return await reader.ReadToEndAsync(cancellationToken).ConfigureAwait(false);
    }

    private static void Stop(Process process)
    {
        try
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception or AggregateException)
        {
            // It ended by itself meanwhile.
        }
    }
}
