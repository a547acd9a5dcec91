using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

using DaskK8s.Testing;

using k8s;
using k8s.Models;

namespace DaskK8s.IntegrationTests.Rigs;

/// <summary>Runs a .NET program as if, or really, in a pod.</summary>
internal static class PodRun
{
    private const string SchedulerService = "my-dask-scheduler";

    public static async Task<string> InPodAsync(
        k8s.Kubernetes client, string image, string @namespace, string account, string program, CancellationToken cancellationToken)
    {
        Assert.SkipUnless(
            Environment.GetEnvironmentVariable(TestCluster.HostFilesVariable) == "1",
            $"The pod would need this machine's files; {TestCluster.HostFilesVariable}=1 says that the cluster's node is this machine.");
        string runtime = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../.."));
        V1Pod pod = new()
        {
            Metadata = new V1ObjectMeta { Name = "in-pod" },
            Spec = new V1PodSpec
            {
                ServiceAccountName = account,
                RestartPolicy = "Never",
                Containers =
                [
                    new V1Container
                    {
                        Name = "program",
                        Image = image,
                        ImagePullPolicy = "IfNotPresent",
                        Command = ["/dotnet/dotnet", $"/program/{Path.GetFileName(program)}"],
                        VolumeMounts = [new V1VolumeMount { Name = "dotnet", MountPath = "/dotnet" }, new V1VolumeMount { Name = "program", MountPath = "/program" }],
                    },
                ],
                Volumes =
                [
                    new V1Volume { Name = "dotnet", HostPath = new V1HostPathVolumeSource { Path = runtime } },
                    new V1Volume { Name = "program", HostPath = new V1HostPathVolumeSource { Path = Path.GetDirectoryName(program) } },
                ],
            },
        };
        await client.CoreV1.CreateNamespacedPodAsync(pod, @namespace, cancellationToken: cancellationToken);
        while (true)
        {
            V1Pod now = await client.CoreV1.ReadNamespacedPodAsync("in-pod", @namespace, cancellationToken: cancellationToken);
            if (now.Status?.Phase is "Succeeded" or "Failed")
            {
                using StreamReader log = new(await client.CoreV1.ReadNamespacedPodLogAsync("in-pod", @namespace, cancellationToken: cancellationToken));
                return await log.ReadToEndAsync(cancellationToken);
            }

            await Task.Delay(200, cancellationToken);
        }
    }

    public static async Task<string> AsProcessAsync(
        k8s.Kubernetes client, EmbeddedCluster cluster, string @namespace, string account, string program, CancellationToken cancellationToken)
    {
        Assert.SkipUnless(
            OperatingSystem.IsLinux() && Environment.UserName == "root",
            "A process with a pod's files at a pod's paths needs a mount namespace of its own: Linux, as root.");
        KubernetesClientConfiguration identity = KubernetesClientConfiguration.BuildConfigFromConfigFile(cluster.CreateKubeconfigForServiceAccount(@namespace, account));
        V1PodList pods = await client.CoreV1.ListNamespacedPodAsync(
            @namespace, labelSelector: "release=my-dask,component=scheduler", cancellationToken: cancellationToken);
        DirectoryInfo files = Directory.CreateTempSubdirectory("daskk8s-pod-");
        try
        {
            await File.WriteAllTextAsync(Path.Combine(files.FullName, "token"), identity.AccessToken, cancellationToken);
            await File.WriteAllTextAsync(Path.Combine(files.FullName, "namespace"), @namespace, cancellationToken);
            await File.WriteAllTextAsync(
                Path.Combine(files.FullName, "ca.crt"), string.Join('\n', identity.SslCaCerts.Select(c => c.ExportCertificatePem())), cancellationToken);
            await File.WriteAllTextAsync(
                Path.Combine(files.FullName, "hosts"), $"{pods.Items[0].Status.PodIP} {SchedulerService}.{@namespace}.svc\n", cancellationToken);
            const string script = """
                mount -t tmpfs pod /run && mkdir -p /run/secrets/kubernetes.io/serviceaccount && cp "$0"/token "$0"/namespace "$0"/ca.crt /run/secrets/kubernetes.io/serviceaccount/ &&
                mount --bind "$0"/hosts /etc/hosts && exec "$1" "$2"
                """;
            string dotnet = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../../dotnet"));
            ProcessStartInfo start = new("unshare", ["--mount", "--propagation", "private", "sh", "-c", script, files.FullName, dotnet, program])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            start.Environment["KUBERNETES_SERVICE_HOST"] = cluster.Server.Host;
            start.Environment["KUBERNETES_SERVICE_PORT"] = cluster.Server.Port.ToString(CultureInfo.InvariantCulture);
            start.Environment["HOME"] = files.FullName;
            start.Environment.Remove("KUBECONFIG");
            using Process process = Process.Start(start)!;
            Task<string> errors = process.StandardError.ReadToEndAsync(cancellationToken);
            string output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return output + await errors;
        }
        finally
        {
            files.Delete(recursive: true);
        }
    }
}
