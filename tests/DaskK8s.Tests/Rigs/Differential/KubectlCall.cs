using System.Diagnostics;

namespace DaskK8s.Tests.Rigs.Differential;

/// <summary>A call that a current <c>kubectl</c> makes with a kubeconfig.</summary>
internal static class KubectlCall
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    /// <summary>Asks the server of a kubeconfig for its version.</summary>
    /// <param name="program">The path of <c>kubectl</c>.</param>
    /// <param name="kubeconfig">The kubeconfig's path.</param>
    /// <param name="home">The home directory of the call.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Why the call failed, or null where it succeeded.</returns>
    public static async Task<string?> FindRefusalAsync(string program, string kubeconfig, string home, CancellationToken cancellationToken)
    {
        ProcessStartInfo start = new(program, ["--kubeconfig", kubeconfig, "get", "--raw", "/version", "--request-timeout=20s"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = home,
        };
        start.Environment["HOME"] = home;
        start.Environment.Remove("KUBECONFIG");
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        using Process process = Process.Start(start)!;
        try
        {
            process.StandardInput.Close();
            Task<string> errors = process.StandardError.ReadToEndAsync(limit.Token);
            await process.StandardOutput.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return process.ExitCode == 0 ? null : await errors;
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }
}
