using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using k8s;
using k8s.Models;

namespace DaskK8s.Testing.Tests;

/// <summary>
/// Turns this program, when it is started with a switch in its environment, into one that runs a cluster until it is killed. It must not use a lambda or an async
/// method of its own: other threads cannot enter this assembly while its initializer runs.
/// </summary>
internal static class DoomedParent
{
    public const string Switch = "DASKK8S_TESTING_DOOMED_PARENT";

    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "It is a program and not a library.")]
    [SuppressMessage("xUnit", "xUnit1031", Justification = "It is no test.")]
    public static void Run()
    {
        if (Environment.GetEnvironmentVariable(Switch) is null)
        {
            return;
        }

        EmbeddedCluster cluster = EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { DaskProcesses = true }).GetAwaiter().GetResult();
        k8s.Kubernetes client = cluster.CreateClient();
        new DaskRelease { Workers = 2 }.InstallAsync(client).GetAwaiter().GetResult();
        while (true)
        {
            List<string> ids = [];
            foreach (V1Pod pod in client.CoreV1.ListNamespacedPod("default").Items)
            {
                if (pod.Status.Phase == "Running" && cluster.Pods.ProcessId("default", pod.Metadata.Name) is { } id)
                {
                    ids.Add(id.ToString());
                }
            }

            if (ids.Count == 3)
            {
                Console.WriteLine($"running {string.Join(' ', ids)}");
                Thread.Sleep(TimeSpan.FromMinutes(2));
                Environment.Exit(1);
            }

            Thread.Sleep(100);
        }
    }
}
