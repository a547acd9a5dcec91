using DaskK8s.Kubernetes.Config;
using DaskK8s.Tests.Rigs;

namespace DaskK8s.Tests.Kubernetes.Config;

/// <summary>Any text is either a kubeconfig or a documented error that shows nothing secret.</summary>
public sealed class KubeConfigFuzzTests
{
    private const string Secret = "S3CR3T";
    private const long MaxAllocated = 64 << 20;

    private const string Config = """
        apiVersion: v1
        kind: Config
        preferences: {colors: true}
        current-context: a
        contexts:
        - name: a
          context: {cluster: c, user: u, namespace: dask, extensions: [{name: e, extension: {a: 1}}]}
        clusters:
        - name: c
          cluster:
            server: https://host:6443
            certificate-authority-data: aGVsbG8=
            insecure-skip-tls-verify: false
            tls-server-name: host
            proxy-url: socks5://me:S3CR3T@proxy:1080
        users:
        - name: u
          user:
            token: S3CR3T
        - name: helper
          user:
            as: somebody
            as-groups: [g]
            as-user-extra: {scopes: [S3CR3T]}
            exec:
              apiVersion: client.authentication.k8s.io/v1
              command: helper
              args: ["--secret", S3CR3T]
              env: [{name: SECRET, value: S3CR3T}]
              interactiveMode: Never
              provideClusterInfo: true
        - name: cloud
          user: {auth-provider: {name: oidc, config: {id-token: S3CR3T, idp-issuer-url: https://i, client-id: c}}}
        """;

    private static readonly string[] Pieces =
    [
        "\t", "\n", "  ", "- ", ": ", "'", "\"", "{", "}", "[", "]", ",", "&a ", "*a", "<<: ", "!!binary ", "|\n", "---\n", "\u0000", "\ufeff", "\ud800", "~", "true", "7", "-1", "name: u", "token: ", "{}", "[]", "server: ",
        "http://[::1]:99999", "https://user@host", "client-key-data: x", "Exec: {}", "exec: ~", "as: \"a\\nb\"",
    ];

    [Fact]
    public void Parse_MutatedKubeconfig_IsReadOrRefusedWithoutItsSecrets()
    {
        int read = 0;
        foreach (Random random in Fuzz.Rounds(20261202, 20_000))
        {
            string yaml = Fuzz.Mutate(Config, Pieces, random);
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                _ = KubeConfigFile.Parse("/home/me/.kube/config", yaml);
                read++;
            }
            catch (KubeConfigException e)
            {
                e.ToString().Should().NotContain(Secret);
            }

            (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(MaxAllocated);
        }

        read.Should().BePositive();
    }
}
