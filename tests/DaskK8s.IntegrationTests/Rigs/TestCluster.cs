using System.Diagnostics;
using System.Globalization;
using System.Text;

using DaskK8s.Testing;

using k8s;
using k8s.Authentication;
using k8s.Models;

[assembly: AssemblyFixture(typeof(DaskK8s.IntegrationTests.Rigs.TestCluster))]

namespace DaskK8s.IntegrationTests.Rigs;

/// <summary>
/// The Kubernetes under the contract tests: the real one of the kubeconfig in <c>DASKK8S_TEST_KUBECONFIG</c>, or else an embedded
/// one. The tests do not ask which.
/// </summary>
public sealed class TestCluster : IAsyncLifetime
{
    /// <summary>Names the kubeconfig of a real cluster.</summary>
    public const string KubeconfigVariable = "DASKK8S_TEST_KUBECONFIG";

    /// <summary>Names the Dask image of the release under test; it must have <c>dask-scheduler</c> and <c>dask-worker</c>.</summary>
    public const string ImageVariable = "DASKK8S_TEST_IMAGE";

    /// <summary>Names the version that the embedded cluster plays, <c>v1.34.1</c>; the one that Debian's packages give by default.</summary>
    public const string VersionVariable = "DASKK8S_TEST_KUBERNETES_VERSION";

    /// <summary>Names the command that restarts the real cluster's API server.</summary>
    public const string RestartVariable = "DASKK8S_TEST_RESTART_APISERVER";

    /// <summary>Says with 1 that the real cluster's node is this machine, so that its pods can mount this machine's files.</summary>
    public const string HostFilesVariable = "DASKK8S_TEST_HOST_FILES";

    private EmbeddedCluster? _embedded;
    private readonly GpuOffer _gpus = new();
    private string _kubeconfig = "";
    private k8s.Kubernetes? _client;

    /// <summary>Gets the Python of an embedded cluster's pods.</summary>
    /// <value>Null by default: the machine's own.</value>
    public string? Python { get; init; }

    /// <summary>Gets the client with every right, for what a test does beside the library.</summary>
    public k8s.Kubernetes Client => _client!;

    /// <summary>Gets the kubeconfig with every right.</summary>
    public string KubeconfigPath => _kubeconfig;

    /// <summary>Gets the embedded cluster, or null on a real one; for the few things that only the owner of a cluster can do.</summary>
    public EmbeddedCluster? Embedded => _embedded;

    /// <summary>Gets the image of the scheduler and the workers.</summary>
    public string Image { get; } = Environment.GetEnvironmentVariable(ImageVariable) is { Length: > 0 } image ? image : "daskk8s.test/dask:2024.12.1";

    public async ValueTask InitializeAsync()
    {
        if (Environment.GetEnvironmentVariable(KubeconfigVariable) is { Length: > 0 } path)
        {
            _kubeconfig = path;
        }
        else
        {
            string version = Environment.GetEnvironmentVariable(VersionVariable) is { Length: > 0 } given ? given : "v1.20.2";
            _embedded = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions
            {
                DaskProcesses = true,
                Python = Python,
                KubernetesVersion = version,
                PortTarget = DataPods.EmbeddedTarget,
            });
            _kubeconfig = _embedded.KubeconfigPath;
        }

        _client = CreateClient();
        await _gpus.MakeAsync(_client);
    }

    /// <summary>Creates a client with every right, whose requests pass through the handlers.</summary>
    public k8s.Kubernetes CreateClient(params DelegatingHandler[] handlers) =>
        new(KubernetesClientConfiguration.BuildConfigFromConfigFile(_kubeconfig), handlers);

    public async ValueTask DisposeAsync()
    {
        if (_client is not null)
        {
            await _gpus.WithdrawAsync(_client);
            _client.Dispose();
        }

        if (_embedded is not null)
        {
            await _embedded.DisposeAsync();
        }
    }

    /// <summary>Creates a kubeconfig for a service account with just these rules in one namespace.</summary>
    public async Task<string> CreateKubeconfigAsync(string @namespace, string account, IList<V1PolicyRule> rules, CancellationToken cancellationToken)
    {
        await Client.CoreV1.CreateNamespacedServiceAccountAsync(
            new V1ServiceAccount { Metadata = new V1ObjectMeta { Name = account } }, @namespace, cancellationToken: cancellationToken);
        if (rules.Count > 0)
        {
            await Client.RbacAuthorizationV1.CreateNamespacedRoleAsync(
                new V1Role { Metadata = new V1ObjectMeta { Name = account }, Rules = rules }, @namespace, cancellationToken: cancellationToken);
            await Client.RbacAuthorizationV1.CreateNamespacedRoleBindingAsync(
                new V1RoleBinding
                {
                    Metadata = new V1ObjectMeta { Name = account },
                    RoleRef = new V1RoleRef { ApiGroup = "rbac.authorization.k8s.io", Kind = "Role", Name = account },
                    Subjects = [new Rbacv1Subject { Kind = "ServiceAccount", Name = account, NamespaceProperty = @namespace }],
                },
                @namespace,
                cancellationToken: cancellationToken);
        }

        return await TokenKubeconfigAsync(@namespace, account, cancellationToken);
    }

    /// <summary>Makes every token of a service account worthless; what its role allows stays.</summary>
    public async Task RevokeAsync(string @namespace, string account, CancellationToken cancellationToken)
    {
        _embedded?.Faults.RevokeTokens($"system:serviceaccount:{@namespace}:{account}");
        await Client.CoreV1.DeleteNamespacedServiceAccountAsync(account, @namespace, cancellationToken: cancellationToken);
    }

    /// <summary>Creates a revoked service account again, and a kubeconfig with a token that counts.</summary>
    public async Task<string> RenewAsync(string @namespace, string account, CancellationToken cancellationToken)
    {
        await Client.CoreV1.CreateNamespacedServiceAccountAsync(
            new V1ServiceAccount { Metadata = new V1ObjectMeta { Name = account } }, @namespace, cancellationToken: cancellationToken);
        return await TokenKubeconfigAsync(@namespace, account, cancellationToken);
    }

    /// <summary>Stops and starts the API server; pods go on.</summary>
    public async Task RestartApiServerAsync(CancellationToken cancellationToken)
    {
        if (_embedded is not null)
        {
            await _embedded.Faults.StopServerAsync();
            await _embedded.Faults.StartServerAsync(cancellationToken);
            return;
        }

        string? command = Environment.GetEnvironmentVariable(RestartVariable);
        Assert.SkipWhen(string.IsNullOrEmpty(command), $"Nobody told how to restart this cluster's API server ({RestartVariable}).");
        using Process shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", command!]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        await shell.WaitForExitAsync(cancellationToken);
        shell.ExitCode.Should().Be(0, "the command in {0} restarts the API server", RestartVariable);
    }

    /// <summary>Cuts every connection to pods that runs through the API server.</summary>
    public async Task CutConnectionsAsync(CancellationToken cancellationToken)
    {
        if (_embedded is not null)
        {
            _embedded.Faults.CutPortForwards().Should().BePositive();
        }
        else
        {
            // They end with the server that they run through.
            await RestartApiServerAsync(cancellationToken);
        }
    }

    /// <summary>Creates the API server forget what was before now: a watch from there is told 410 Gone.</summary>
    /// <remarks>A real one remembers changes from its own start on.</remarks>
    public async Task ForgetHistoryAsync(CancellationToken cancellationToken)
    {
        if (_embedded is not null)
        {
            _embedded.Faults.ForgetHistory();
            return;
        }

        await RestartApiServerAsync(cancellationToken);
    }

    /// <summary>Runs a .NET program as a service account in a pod beside a release, and gives its output.</summary>
    /// <remarks>
    /// On a real cluster the pod mounts the program and the .NET runtime of this machine, so its node must be this machine
    /// (<see cref="HostFilesVariable"/> says so). The embedded cluster has no containers: a process with the environment, the
    /// service account's files and the Service's name of a pod, in a mount namespace of its own, takes their place.
    /// </remarks>
    public Task<string> RunInPodAsync(string @namespace, string account, string program, CancellationToken cancellationToken) => _embedded is null
        ? PodRun.InPodAsync(Client, Image, @namespace, account, program, cancellationToken)
        : PodRun.AsProcessAsync(Client, _embedded, @namespace, account, program, cancellationToken);

    private async Task<string> TokenKubeconfigAsync(string @namespace, string account, CancellationToken cancellationToken)
    {
        if (_embedded is not null)
        {
            return _embedded.CreateKubeconfigForServiceAccount(@namespace, account);
        }

        Authenticationv1TokenRequest token = await Client.CoreV1.CreateNamespacedServiceAccountTokenAsync(
            new Authenticationv1TokenRequest { Spec = new V1TokenRequestSpec { Audiences = [] } }, account, @namespace, cancellationToken: cancellationToken);
        return WithToken(@namespace, token.Status.Token);
    }

    private string WithToken(string @namespace, string token)
    {
        KubernetesClientConfiguration admin = KubernetesClientConfiguration.BuildConfigFromConfigFile(_kubeconfig);
        StringBuilder authorities = new();
        foreach (System.Security.Cryptography.X509Certificates.X509Certificate2 certificate in admin.SslCaCerts ?? [])
        {
            authorities.Append(certificate.ExportCertificatePem()).Append('\n');
        }

        string trust = authorities.Length == 0
            ? "insecure-skip-tls-verify: true"
            : $"certificate-authority-data: {Convert.ToBase64String(Encoding.UTF8.GetBytes(authorities.ToString()))}";
        string path = Path.Combine(Path.GetTempPath(), string.Create(CultureInfo.InvariantCulture, $"daskk8s-{Guid.NewGuid():N}.yaml"));
        File.WriteAllText(path, $"""
            apiVersion: v1
            kind: Config
            current-context: limited
            contexts:
              - name: limited
                context: {"{"} cluster: c, user: u, namespace: {@namespace} {"}"}
            clusters:
              - name: c
                cluster:
                  server: {admin.Host}
                  {trust}
            users:
              - name: u
                user: {"{"} token: "{token}" {"}"}
            """);
        return path;
    }
}
