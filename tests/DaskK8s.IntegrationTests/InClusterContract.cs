using DaskK8s.IntegrationTests.Rigs;

using k8s;
using k8s.Models;

namespace DaskK8s.IntegrationTests;

public sealed class InClusterContract(TestCluster kubernetes)
{
    private const string Account = "daskk8s";

    [Fact]
    public async Task ConnectAsync_InAPodWithTheSamplesRole_DialsTheServiceWithoutAForward()
    {
        await using TestRelease release = await TestRelease.InstallAsync(kubernetes);
        await using (HelmCluster everything = await release.ConnectAsync())
        {
            // From here on every pod of the release runs.
        }

        foreach (object item in await KubernetesYaml.LoadAllFromFileAsync(Path.Combine(Samples.Folder("InCluster"), "in-cluster.yaml")))
        {
            await (item switch
            {
                V1ServiceAccount account => kubernetes.Client.CoreV1.CreateNamespacedServiceAccountAsync(account, release.Namespace, cancellationToken: TestContext.Current.CancellationToken),
                V1Role role => kubernetes.Client.RbacAuthorizationV1.CreateNamespacedRoleAsync(role, release.Namespace, cancellationToken: TestContext.Current.CancellationToken),
                V1RoleBinding binding => kubernetes.Client.RbacAuthorizationV1.CreateNamespacedRoleBindingAsync(WithNamespace(binding, release.Namespace), release.Namespace, cancellationToken: TestContext.Current.CancellationToken),
                _ => Task.CompletedTask,
            });
        }

        string output = await kubernetes.RunInPodAsync(release.Namespace, Account, Samples.ProgramPath("InCluster"), TestContext.Current.CancellationToken);

        output.Should().Contain($"HelmCluster(my-dask.{release.Namespace}, 'tcp://my-dask-scheduler.{release.Namespace}.svc:8786', workers=5")
            .And.Contain("reached directly").And.NotContain("not available");
    }

    private static V1RoleBinding WithNamespace(V1RoleBinding binding, string @namespace)
    {
        foreach (Rbacv1Subject subject in binding.Subjects)
        {
            // kubectl apply -n fills it in.
            subject.NamespaceProperty = @namespace;
        }

        return binding;
    }
}
