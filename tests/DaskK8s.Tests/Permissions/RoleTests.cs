using DaskK8s.Permissions;
using DaskK8s.Testing;
using DaskK8s.Tests.Rigs.Cluster;

using k8s;
using k8s.Models;

namespace DaskK8s.Tests.Permissions;

/// <summary>Provides a user one documented Role and nothing else, and uses the feature that it is for.</summary>
public sealed class RoleTests
{
    private const string User = "somebody";

    private static CancellationToken Token => ConnectRig.Token;

    [Fact]
    public async Task Groups_ItsRoleAlone_IsEnough()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync();
        await using HelmCluster cluster = await ConnectWithAsync(rig, "groups");

        (await cluster.GetWorkerGroupsAsync(Token)).Select(g => (g.Name, g.Desired)).Should().Equal(("worker", 2), ("gpu", 1));
    }

    [Fact]
    public async Task Release_ItsRoleAlone_IsEnough()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync();
        await using HelmCluster cluster = await ConnectWithAsync(rig, "release");

        cluster.Release.IsPartial.Should().BeFalse();
        cluster.Release.Values.Get<int>("worker.replicas").Should().Be(2);
    }

    [Fact]
    public async Task Scale_ItsRoleAlone_IsEnough()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync();
        await using HelmCluster cluster = await ConnectWithAsync(rig, "scale");

        (await cluster.ScaleAsync(4, cancellationToken: Token)).After.Should().Be(4);
        await rig.Client.AppsV1.PatchNamespacedDeploymentAsync(
            new V1Patch("""{"spec":{"replicas":5}}""", V1Patch.PatchType.MergePatch), "my-dask-worker", "default", cancellationToken: Token);
        (await cluster.ScaleAsync(1, new ScaleOptions { ScaleDown = ScaleDown.Immediate }, cancellationToken: Token)).After.Should().Be(1);
    }

    [Fact]
    public async Task Wait_ItsRoleAlone_IsEnough()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync();
        await using HelmCluster cluster = await ConnectWithAsync(rig, "wait");

        await cluster.WaitForWorkersAsync(cancellationToken: Token);

        (await cluster.GetWorkerGroupsAsync(Token)).Sum(g => g.Ready).Should().Be(3);
    }

    [Fact]
    public async Task Logs_ItsRoleAlone_IsEnough()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync();
        await using HelmCluster cluster = await ConnectWithAsync(rig, "logs");
        V1Pod pod = await RunningPodAsync(rig);
        rig.Cluster.Pods.AppendLog("default", pod.Metadata.Name, "a line of its own");

        (await cluster.GetLogsAsync(cancellationToken: Token))[pod.Metadata.Name].Should().Contain("a line of its own");
        await foreach (PodLogLine line in cluster.StreamLogsAsync(new PodLogFilter { PodName = pod.Metadata.Name, Follow = true }, Token))
        {
            line.Text.Should().Be("a line of its own");
            break;
        }
    }

    [Theory]
    [InlineData(PortForwardTransports.All, false)]
    [InlineData(PortForwardTransports.Spdy, false)]
    [InlineData(PortForwardTransports.SpdyOverWebSocket, true)]
    [InlineData(PortForwardTransports.WebSocket, true)]
    public async Task Forward_ItsRoleAlone_IsEnough(PortForwardTransports offered, bool needsGet)
    {
        await using ConnectRig rig = await ConnectRig.StartAsync(options: new EmbeddedClusterOptions { PortForward = offered });
        await using HelmCluster cluster = await ConnectWithAsync(rig, "forward", withOptional: needsGet);

        (await cluster.GetSchedulerInfoAsync(Token)).Workers.Should().HaveCount(2);
    }

    [Fact]
    public async Task Services_ItsRoleAlone_IsEnoughForAGivenNode()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync(new DaskRelease { ServiceType = "NodePort" });
        V1NodeList nodes = await rig.Client.CoreV1.ListNodeAsync(cancellationToken: Token);
        string host = nodes.Items[0].Status.Addresses.First(a => a.Type == "InternalIP").Address;
        await using HelmCluster cluster = await ConnectWithAsync(rig, "services", o => o with { NodeHost = host, SchedulerAccess = SchedulerAccess.Direct });

        cluster.SchedulerAddress.Should().StartWith($"tcp://{host}:");
        cluster.SchedulerInfo!.Workers.Should().HaveCount(2);
    }

    [Fact]
    public async Task CheckPermissionsAsync_MissingRoleAppliedAsPrinted_LeavesNothingMissing()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync();
        string kubeconfig = rig.Cluster.CreateKubeconfigFor(User);
        HelmClusterOptions options = rig.Options(o => o with { KubeconfigPath = kubeconfig });

        PermissionReport before = await HelmCluster.CheckPermissionsAsync(options, Token);
        await ApplyAsync(rig, before.MissingRole);
        PermissionReport after = await HelmCluster.CheckPermissionsAsync(options, Token);
        await ApplyAsync(rig, after.MissingRoleWithOptional);
        PermissionReport all = await HelmCluster.CheckPermissionsAsync(options, Token);

        before.Features.Where(f => f.IsAllowed).Select(f => f.Feature).Should().Equal("adaptive");
        after.IsComplete.Should().BeTrue();
        after.MissingRole.Should().BeEmpty();
        all.MissingRoleWithOptional.Should().BeEmpty();
        all.ToString().Should().Contain("scale: yes");
    }

    [Fact]
    public async Task CheckPermissionsAsync_OneVerbMissing_PrintsJustThatRule()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync();
        KubernetesApiCall[] all = [.. FeatureRules.For("default").SelectMany(r => r.Required.Concat(r.Optional)).Distinct()];
        string kubeconfig = rig.KubeconfigFor(User, all.Where(c => c is not { Verb: "patch", Resource: "deployments" }));

        PermissionReport report = await HelmCluster.CheckPermissionsAsync(rig.Options(o => o with { KubeconfigPath = kubeconfig }), Token);

        report.MissingRole.Should().Be(
            """
            apiVersion: rbac.authorization.k8s.io/v1
            kind: Role
            metadata:
              name: daskk8s-missing
              namespace: default
            rules:
              - apiGroups: ["apps"]
                resources: ["deployments"]
                verbs: ["patch"]

            """);
        report.Features.Where(f => !f.IsAllowed).Select(f => f.Feature).Should().Equal("scale", "lossless");
        report.ToString().Should().Contain("scale: no (patch deployments.apps in namespace default)");
    }

    /// <summary>Connects as a user whose one Role is the text that the page shows for the feature.</summary>
    private static async Task<HelmCluster> ConnectWithAsync(ConnectRig rig, string feature, Func<HelmClusterOptions, HelmClusterOptions>? change = null, bool withOptional = false)
    {
        FeatureRule rule = FeatureRules.For("default").Single(r => r.Feature == feature);
        await ApplyAsync(rig, RoleYaml.Write($"daskk8s-{feature}", withOptional ? rule.Required.Concat(rule.Optional) : rule.Required));
        string kubeconfig = rig.Cluster.CreateKubeconfigFor(User);
        return await rig.ConnectAsync(o => (change?.Invoke(o) ?? o) with { KubeconfigPath = kubeconfig });
    }

    private static async Task ApplyAsync(ConnectRig rig, string yaml)
    {
        foreach (object item in KubernetesYaml.LoadAllFromString(yaml))
        {
            string name = $"r-{Guid.NewGuid():N}";
            Rbacv1Subject[] subjects = [new() { ApiGroup = "rbac.authorization.k8s.io", Kind = "User", Name = User }];
            V1RoleRef Reference(string kind) => new() { ApiGroup = "rbac.authorization.k8s.io", Kind = kind, Name = name };
            V1ObjectMeta metadata = new() { Name = name };
            if (item is V1Role role)
            {
                string place = role.Metadata.NamespaceProperty;
                role.Metadata = metadata;
                await rig.Client.RbacAuthorizationV1.CreateNamespacedRoleAsync(role, place, cancellationToken: Token);
                await rig.Client.RbacAuthorizationV1.CreateNamespacedRoleBindingAsync(
                    new V1RoleBinding { Metadata = metadata, RoleRef = Reference("Role"), Subjects = subjects }, place, cancellationToken: Token);
            }
            else
            {
                V1ClusterRole everywhere = item.Should().BeOfType<V1ClusterRole>().Subject;
                everywhere.Metadata = metadata;
                await rig.Client.RbacAuthorizationV1.CreateClusterRoleAsync(everywhere, cancellationToken: Token);
                await rig.Client.RbacAuthorizationV1.CreateClusterRoleBindingAsync(
                    new V1ClusterRoleBinding { Metadata = metadata, RoleRef = Reference("ClusterRole"), Subjects = subjects }, cancellationToken: Token);
            }
        }
    }

    private static async Task<V1Pod> RunningPodAsync(ConnectRig rig)
    {
        while (true)
        {
            V1PodList pods = await rig.Client.CoreV1.ListNamespacedPodAsync("default", labelSelector: "component=worker", cancellationToken: Token);
            if (pods.Items.FirstOrDefault(p => p.Status?.Phase == "Running") is { } pod)
            {
                return pod;
            }

            await Task.Delay(20, Token);
        }
    }
}
