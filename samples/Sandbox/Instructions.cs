namespace Sandbox;

/// <summary>The text that tells how to reach the sandbox, each piece ready to paste.</summary>
internal static class Instructions
{
    public static string For(string release, string kubeconfig)
    {
        // Within single quotes of a shell, and of PowerShell, nothing is special but the quote itself.
        string posix = kubeconfig.Replace("'", "'\\''", StringComparison.Ordinal);
        string pwsh = kubeconfig.Replace("'", "''", StringComparison.Ordinal);
        string csharp = kubeconfig.Replace("\"", "\"\"", StringComparison.Ordinal);
        return $$"""
            The release {{release}} runs, with real Dask processes, until Ctrl-C.

            C# (a program, or a cell of a notebook; both need: using DaskK8s;)
              await using HelmCluster cluster = await HelmCluster.ConnectAsync("{{release}}", new HelmClusterOptions { KubeconfigPath = @"{{csharp}}" });

            PowerShell
              Connect-DaskCluster {{release}} -Kubeconfig '{{pwsh}}'

            The notebook samples/notebooks/quickstart.ipynb: leave its second cell out, and connect with
              var cluster = await HelmCluster.ConnectAsync("{{release}}", new HelmClusterOptions { KubeconfigPath = @"{{csharp}}" });

            kubectl, and everything else that reads KUBECONFIG
              export KUBECONFIG='{{posix}}'
              kubectl get pods
            """;
    }
}
