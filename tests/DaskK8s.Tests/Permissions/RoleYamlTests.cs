using DaskK8s.Permissions;

namespace DaskK8s.Tests.Permissions;

public sealed class RoleYamlTests
{
    [Fact]
    public void Write_NamespacedAndClusterWideCalls_GivesARoleAndAClusterRole()
    {
        string yaml = RoleYaml.Write("missing",
        [
            new KubernetesApiCall("list", "pods", "", "default"),
            new KubernetesApiCall("watch", "pods", "", "default"),
            new KubernetesApiCall("patch", "deployments", "apps", "default"),
            new KubernetesApiCall("list", "nodes", "", ""),
        ]);

        yaml.Should().Be(
            """
            apiVersion: rbac.authorization.k8s.io/v1
            kind: Role
            metadata:
              name: missing
              namespace: default
            rules:
              - apiGroups: [""]
                resources: ["pods"]
                verbs: ["list", "watch"]
              - apiGroups: ["apps"]
                resources: ["deployments"]
                verbs: ["patch"]
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRole
            metadata:
              name: missing
            rules:
              - apiGroups: [""]
                resources: ["nodes"]
                verbs: ["list"]

            """);
    }

    [Fact]
    public void Write_NoCalls_GivesNothing() => RoleYaml.Write("missing", []).Should().BeEmpty();
}
