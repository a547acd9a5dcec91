using System.Security.Cryptography.X509Certificates;

using DaskK8s.Kubernetes;
using DaskK8s.Kubernetes.Config;
using DaskK8s.Tests.Rigs.Kubernetes;

using k8s;

namespace DaskK8s.Tests.Kubernetes.Config;

/// <summary>Where a configuration is found, and which of its parts are taken.</summary>
public sealed class KubeConfigResolutionTests : IDisposable
{
    private readonly KubeConfigTestHome _home = new();

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task OpenAsync_PathGiven_WinsOverVariableAndHome()
    {
        _home.Write(".kube/config", KubeConfigTestHome.Config("server: http://home", ""));
        _home.Variables["KUBECONFIG"] = _home.Write("variable", KubeConfigTestHome.Config("server: http://variable", ""));
        string path = _home.Write("path", KubeConfigTestHome.Config("server: http://path", ""));

        (await HostAsync(_home.Options with { KubeconfigPath = path })).Should().Be("path");
        (await HostAsync(_home.Options)).Should().Be("variable");
        _home.Variables.TryRemove("KUBECONFIG", out _);
        (await HostAsync(_home.Options)).Should().Be("home");
    }

    [Fact]
    public async Task OpenAsync_SeveralFiles_FirstWinsNameByNameAndMissingOnesAreSkipped()
    {
        string first = _home.Write("one/config", """
            contexts:
            - {name: a, context: {cluster: shared, user: me, namespace: first}}
            clusters:
            - {name: shared, cluster: {server: "http://first"}}
            """);
        string second = _home.Write("two/config", """
            current-context: a
            contexts:
            - {name: a, context: {cluster: other, user: me}}
            - {name: b, context: {cluster: other, user: me, namespace: second}}
            clusters:
            - {name: shared, cluster: {server: "http://second"}}
            - {name: other, cluster: {server: "http://other"}}
            users:
            - {name: me, user: {tokenFile: token}}
            """);
        _home.Write("two/token", "secret\n");
        string third = _home.Write("three", "current-context: b\n");
        _home.Variables["KUBECONFIG"] = string.Join(Path.PathSeparator, "", first, Path.Combine(_home.Root, "missing"), second, third, first);

        using KubeConnection current = await _home.OpenAsync();
        using KubeConnection chosen = await OpenAsync(_home.Options with { Context = "b" });

        (current.BaseUri.Host, current.Namespace, current.Context).Should().Be(("first", "first", "a"));
        (chosen.BaseUri.Host, chosen.Namespace, chosen.Context).Should().Be(("other", "second", "b"));
    }

    [Fact]
    public async Task OpenAsync_Json_IsRead()
    {
        _home.Write(".kube/config", """
            {"current-context": "x", "contexts": [{"name": "x", "context": {"cluster": "c"}}],
             "clusters": [{"name": "c", "cluster": {"server": "http://json:8080"}}], "users": null}
            """);

        (await HostAsync(_home.Options)).Should().Be("json");
    }

    [Fact]
    public async Task OpenAsync_EntriesNobodyAskedFor_RefuseNothing()
    {
        _home.Write(".kube/config", """
            current-context: used
            contexts:
            - {name: used, context: {cluster: c, user: u}}
            - context: {cluster: c, user: u}
            - {name: half, context: {cluster: gone}}
            clusters:
            - {name: c, cluster: {server: "http://named"}}
            - cluster: {server: "ftp://x", certificate-authority-data: "no base64!"}
            users:
            - {name: u, user: {}}
            - user: {auth-provider: {name: gcp}, token: a, username: b}
            """);

        (await HostAsync(_home.Options)).Should().Be("named");
    }

    [Fact]
    public async Task OpenAsync_ASecondDocumentAndAMark_AreReadAsKubectlDoes()
    {
        _home.Write(".kube/config", "\ufeffcurrent-context: a\r\ncurrent-context: x\r\ncontexts: [{name: x, context: {cluster: c}}]\r\nclusters: [{name: c, cluster: {server: http://first}}]\r\n---\r\ncurrent-context: z\r\n]");

        (await HostAsync(_home.Options)).Should().Be("first");
    }

    [Fact]
    public async Task OpenAsync_AnchorsAndQuotedKeys_AreRead()
    {
        _home.Write(".kube/config", """
            current-context: "x"
            contexts:
            - name: x
              context: &shared {cluster: c, "namespace": anchored}
            - {name: "y", context: *shared}
            clusters:
            - {name: c, cluster: {server: http://a}}
            """);

        using KubeConnection connection = await OpenAsync(_home.Options with { Context = "y" });

        connection.Namespace.Should().Be("anchored");
    }

    [Fact]
    public async Task OpenAsync_InPod_UsesTheServiceAccountAndItsToken()
    {
        using X509Certificate2 root = KubeConfigTestCertificates.CreateAuthority("root");
        await using KubeConfigTestServer server = await KubeConfigTestServer.StartAsync(KubeConfigTestCertificates.CreateServer(root, ["127.0.0.1"]));
        _home.InCluster(server.Uri, "pod-token", root.ExportCertificatePem(), "pod-namespace\n");

        using KubeConnection connection = await _home.OpenAsync();
        (KubeConfigTestRequest call, KubeConfigTestRequest upgrade) = await server.UseAsync(connection);

        connection.Namespace.Should().Be("pod-namespace");
        connection.Context.Should().BeNull();
        call.Authorization.Should().Be("Bearer pod-token");
        upgrade.Authorization.Should().Be("Bearer pod-token");
    }

    [Fact]
    public async Task OpenAsync_InPodWithIpv6Service_BracketsTheAddress()
    {
        _home.InCluster(new Uri("https://h"), "t", null, "n");
        _home.Variables["KUBERNETES_SERVICE_HOST"] = "fd00::1";

        using KubeConnection connection = await _home.OpenAsync();

        connection.BaseUri.Should().Be(new Uri("https://[fd00::1]:443/"));
    }

    [Fact]
    public async Task OpenAsync_InPodWithKubeconfig_PrefersTheKubeconfigButThePodsNamespace()
    {
        _home.InCluster(new Uri("https://pod"), "t", null, "pod-namespace");
        _home.WriteConfig("server: http://configured", "");

        using KubeConnection connection = await _home.OpenAsync();

        (connection.BaseUri.Host, connection.Namespace).Should().Be(("configured", "pod-namespace"));
    }

    [Fact]
    public async Task OpenAsync_InPodWithKubeconfigWithoutCurrentContext_UsesTheServiceAccount()
    {
        _home.InCluster(new Uri("https://pod"), "t", null, "n");
        _home.Write(".kube/config", "contexts: []\n");

        (await HostAsync(_home.Options)).Should().Be("pod");
    }

    [Fact]
    public async Task OpenAsync_InPodWithContextOrPathAsked_DoesNotFallBackToTheServiceAccount()
    {
        _home.InCluster(new Uri("https://pod"), "t", null, "n");

        await Throws(_home.Options with { Context = "x" });
        await Throws(_home.Options with { KubeconfigPath = Path.Combine(_home.Root, "none") });
    }

    [Theory]
    [InlineData("asked", "of-context", true, "asked")]
    [InlineData(null, "of-context", true, "of-context")]
    [InlineData(null, null, true, "of-pod")]
    [InlineData(null, null, false, "default")]
    [InlineData(null, "", false, "default")]
    public async Task OpenAsync_Namespace_IsOptionThenContextThenPodThenDefault(string? option, string? context, bool inPod, string expected)
    {
        if (inPod)
        {
            _home.InCluster(new Uri("https://pod"), "t", null, "of-pod");
        }

        _home.WriteConfig("server: http://a", "", context is null ? "" : $"namespace: \"{context}\"");

        using KubeConnection connection = await OpenAsync(_home.Options with { Namespace = option });

        connection.Namespace.Should().Be(expected);
    }

    [Theory]
    [InlineData("namespace", "")]
    [InlineData("namespace", " ")]
    [InlineData("context", "")]
    [InlineData("path", "")]
    public async Task OpenAsync_EmptyOption_ThrowsArgumentException(string option, string value)
    {
        _home.WriteConfig("server: http://a", "");
        Func<Task> open = () => OpenAsync(option switch
        {
            "namespace" => _home.Options with { Namespace = value },
            "context" => _home.Options with { Context = value },
            _ => _home.Options with { KubeconfigPath = value },
        });

        (await open.Should().ThrowAsync<ArgumentException>()).WithMessage("*is empty*");
    }

    [Fact]
    public async Task OpenAsync_ClientGiven_IsUsedAsItIsAndNotDisposed()
    {
        using X509Certificate2 root = KubeConfigTestCertificates.CreateAuthority("root");
        await using KubeConfigTestServer server = await KubeConfigTestServer.StartAsync(KubeConfigTestCertificates.CreateServer(root, ["127.0.0.1"]));
        using k8s.Kubernetes client = new(new KubernetesClientConfiguration
        {
            Host = server.Uri.AbsoluteUri,
            AccessToken = "given",
            SslCaCerts = [root],
        });

        using (KubeConnection connection = await OpenAsync(_home.Options with { Kubernetes = client, Namespace = "n" }))
        {
            (await connection.Client.Version.GetCodeAsync(TestContext.Current.CancellationToken)).Major.Should().Be("1");
            using HttpRequestMessage request = KubeConnection.CreateUpgrade(HttpMethod.Post, "echo", "SPDY/3.1");
            using HttpResponseMessage response = await connection.SendAsync(request, TestContext.Current.CancellationToken);
            connection.Namespace.Should().Be("n");
        }

        (await client.Version.GetCodeAsync(TestContext.Current.CancellationToken)).Major.Should().Be("1");
        server.Requests.Should().HaveCount(3).And.OnlyContain(request => request.Authorization == "Bearer given");
    }

    [Fact]
    public async Task OpenAsync_ClientGivenWithContext_ThrowsArgumentException()
    {
        using k8s.Kubernetes client = new(new KubernetesClientConfiguration { Host = "http://localhost" });
        Func<Task> open = () => OpenAsync(_home.Options with { Kubernetes = client, Context = "x" });

        await open.Should().ThrowAsync<ArgumentException>();
    }

    [Fact]
    public async Task OpenAsync_ForeignClientGiven_ThrowsArgumentExceptionThatNamesTheTypeNeeded()
    {
        IKubernetes foreign = System.Reflection.DispatchProxy.Create<IKubernetes, KubeConfigEmptyProxy>();
        Func<Task> open = () => OpenAsync(_home.Options with { Kubernetes = foreign });

        (await open.Should().ThrowAsync<ArgumentException>()).WithMessage("*must be a k8s.Kubernetes*");
    }

    private static Task<KubeConnection> OpenAsync(KubeConfigOptions options) =>
        KubeConnectionFactory.OpenAsync(options, TestContext.Current.CancellationToken);

    private static async Task<string> HostAsync(KubeConfigOptions options)
    {
        using KubeConnection connection = await OpenAsync(options);
        return connection.BaseUri.Host;
    }

    private static async Task Throws(KubeConfigOptions options)
    {
        Func<Task> open = () => OpenAsync(options);
        await open.Should().ThrowAsync<KubeConfigException>();
    }
}
