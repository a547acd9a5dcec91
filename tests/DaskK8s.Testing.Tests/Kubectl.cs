using System.Diagnostics;

namespace DaskK8s.Testing.Tests;

/// <summary>Runs <c>kubectl</c>, where it is installed.</summary>
internal static class Kubectl
{
    public const string Reason = "kubectl is not installed";

    public static bool Missing => !File.Exists("/usr/bin/kubectl");

    public static async Task<(int Code, string Output, string Error)> RunAsync(EmbeddedCluster cluster, params string[] arguments)
    {
        using Process process = Start(cluster, arguments);
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(60));
        return (process.ExitCode, await output, await error);
    }

    public static Process Start(EmbeddedCluster cluster, params string[] arguments)
    {
        ProcessStartInfo start = new("/usr/bin/kubectl", arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.Environment["KUBECONFIG"] = cluster.KubeconfigPath;
        start.Environment["HOME"] = Path.GetDirectoryName(cluster.KubeconfigPath);
        return Process.Start(start)!;
    }
}
