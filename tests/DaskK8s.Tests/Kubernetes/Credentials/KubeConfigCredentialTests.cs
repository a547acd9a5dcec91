using System.Security.Cryptography.X509Certificates;

using DaskK8s.Kubernetes;
using DaskK8s.Tests.Rigs.Kubernetes;

using k8s;
using k8s.Autorest;
using k8s.Models;

using Microsoft.Extensions.Time.Testing;

namespace DaskK8s.Tests.Kubernetes.Credentials;

/// <summary>Credentials that stand in a kubeconfig or in files, for calls and for upgrades.</summary>
public sealed class KubeConfigCredentialTests : IAsyncLifetime
{
    private readonly KubeConfigTestHome _home = new();
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UtcNow);
    private readonly X509Certificate2 _root = KubeConfigTestCertificates.CreateAuthority("root");
    private KubeConfigTestServer _server = null!;

    public async ValueTask InitializeAsync() =>
        _server = await KubeConfigTestServer.StartAsync(KubeConfigTestCertificates.CreateServer(_root, ["127.0.0.1"]));

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _home.Dispose();
    }

    [Fact]
    public async Task OpenAsync_UsernameAndPassword_AreBasicAuthentication()
    {
        using KubeConnection connection = await OpenAsync("username: jürgen, password: \"a:b\"");

        (KubeConfigTestRequest call, KubeConfigTestRequest upgrade) = await _server.UseAsync(connection);

        call.Authorization.Should().Be($"Basic {KubeConfigTestCertificates.Base64("jürgen:a:b")}");
        upgrade.Authorization.Should().Be(call.Authorization);
    }

    [Fact]
    public async Task OpenAsync_Impersonation_SendsItsHeaders()
    {
        using KubeConnection connection = await OpenAsync(
            "token: abc, as: jürgen, as-uid: \"7\", as-groups: [\"dev, ops\"], as-user-extra: {acme/scope: [view], other: [edit]}");

        (KubeConfigTestRequest call, KubeConfigTestRequest upgrade) = await _server.UseAsync(connection);

        foreach (KubeConfigTestRequest request in new[] { call, upgrade })
        {
            request.Headers["Impersonate-User"].Should().Be("jürgen");
            request.Headers["Impersonate-Uid"].Should().Be("7");
            request.Headers["Impersonate-Group"].Should().Be("dev, ops", "one line is one group to the API server, whatever is in it");
            request.Headers["Impersonate-Extra-acme%2Fscope"].Should().Be("view");
            request.Headers["Impersonate-Extra-other"].Should().Be("edit");
        }
    }

    [Fact]
    public async Task GetAsync_OidcToken_IsSentUntilItExpires()
    {
        long expiry = _clock.GetUtcNow().AddMinutes(5).ToUnixTimeSeconds();
        string token = $"e30.{System.Buffers.Text.Base64Url.EncodeToString(System.Text.Encoding.UTF8.GetBytes($$"""{"exp":{{expiry}},"sub":"jane"}"""))}.c2ln";
        using KubeConnection connection = await OpenAsync(
            $"auth-provider: {{name: oidc, config: {{id-token: {token}, refresh-token: S3CR3T, idp-issuer-url: \"https://issuer\", client-id: x}}}}");

        (KubeConfigTestRequest call, KubeConfigTestRequest upgrade) = await _server.UseAsync(connection);
        _clock.Advance(TimeSpan.FromMinutes(6));
        Func<Task> late = () => connection.Client.Version.GetCodeAsync(TestContext.Current.CancellationToken);

        (call.Authorization, upgrade.Authorization).Should().Be(($"Bearer {token}", $"Bearer {token}"));
        KubeCredentialException error = (await late.Should().ThrowAsync<KubeCredentialException>()).Which;
        error.Message.Should().Contain("expired at").And.Contain("does not support refreshing it").And.NotContain(token).And.NotContain("S3CR3T");
        error.User.Should().Be("me");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task OpenAsync_ClientCertificate_IsShown(bool asData)
    {
        using X509Certificate2 jane = KubeConfigTestCertificates.CreateClient(_root, "jane");
        WriteCertificate(jane);
        using KubeConnection connection = await OpenAsync(asData
            ? $"client-certificate-data: {KubeConfigTestCertificates.Base64(jane.ExportCertificatePem())}, client-key-data: {KubeConfigTestCertificates.Base64(KubeConfigTestCertificates.KeyPem(jane))}"
            : "client-certificate: me.crt, client-key: me.key");

        (KubeConfigTestRequest call, KubeConfigTestRequest upgrade) = await _server.UseAsync(connection);

        (call.ClientSubject, upgrade.ClientSubject).Should().Be(("CN=jane", "CN=jane"));
        call.Authorization.Should().BeNull();
    }

    [Fact]
    public async Task GetAsync_ClientCertificateFilesRotated_NewConnectionsShowItAndOpenStreamsGoOn()
    {
        using X509Certificate2 jane = KubeConfigTestCertificates.CreateClient(_root, "jane");
        using X509Certificate2 june = KubeConfigTestCertificates.CreateClient(_root, "june");
        WriteCertificate(jane);
        using KubeConnection connection = await OpenAsync("client-certificate: me.crt, client-key: me.key");
        await _server.UseAsync(connection);
        await using Stream tunnel = await KubeConfigTestServer.OpenEchoAsync(connection);

        WriteCertificate(june);
        (KubeConfigTestRequest before, _) = await _server.UseAsync(connection);
        _clock.Advance(TimeSpan.FromMinutes(1));
        (KubeConfigTestRequest call, KubeConfigTestRequest upgrade) = await _server.UseAsync(connection);

        before.ClientSubject.Should().Be("CN=jane");
        (call.ClientSubject, upgrade.ClientSubject).Should().Be(("CN=june", "CN=june"));
        await KubeConfigTestServer.RoundTripAsync(tunnel);
    }

    [Fact]
    public async Task GetAsync_HalfWrittenCertificateFiles_KeepsTheFormerOnes()
    {
        using X509Certificate2 jane = KubeConfigTestCertificates.CreateClient(_root, "jane");
        using X509Certificate2 june = KubeConfigTestCertificates.CreateClient(_root, "june");
        WriteCertificate(jane);
        using KubeConnection connection = await OpenAsync("client-certificate: me.crt, client-key: me.key");

        _home.Write(".kube/me.crt", june.ExportCertificatePem());
        _clock.Advance(TimeSpan.FromMinutes(1));
        (KubeConfigTestRequest half, _) = await _server.UseAsync(connection);
        WriteCertificate(june);
        _clock.Advance(TimeSpan.FromMinutes(1));
        (KubeConfigTestRequest whole, _) = await _server.UseAsync(connection);

        (half.ClientSubject, whole.ClientSubject).Should().Be(("CN=jane", "CN=june"));
    }

    [Fact]
    public async Task GetAsync_TokenFile_IsReadAgainAfterAMinute()
    {
        _home.Write(".kube/token", "one\n");
        using KubeConnection connection = await OpenAsync("tokenFile: token");

        (KubeConfigTestRequest first, _) = await _server.UseAsync(connection);
        _home.Write(".kube/token", "two\n");
        (KubeConfigTestRequest early, _) = await _server.UseAsync(connection);
        _clock.Advance(TimeSpan.FromMinutes(1));
        (KubeConfigTestRequest call, KubeConfigTestRequest upgrade) = await _server.UseAsync(connection);
        File.Delete(Path.Combine(_home.Root, ".kube/token"));
        _clock.Advance(TimeSpan.FromMinutes(1));
        (KubeConfigTestRequest gone, _) = await _server.UseAsync(connection);

        new[] { first, early, call, upgrade, gone }.Select(request => request.Authorization)
            .Should().Equal("Bearer one", "Bearer one", "Bearer two", "Bearer two", "Bearer two");
    }

    [Fact]
    public async Task GetAsync_TokenFileAndToken_TheFileWinsWhileItIsThere()
    {
        using KubeConnection fallback = await OpenAsync("tokenFile: token, token: fixed");
        _home.Write(".kube/token", "file");
        using KubeConnection file = await OpenAsync("tokenFile: token, token: fixed");

        (await _server.UseAsync(fallback)).Call.Authorization.Should().Be("Bearer fixed");
        (await _server.UseAsync(file)).Call.Authorization.Should().Be("Bearer file");
    }

    [Fact]
    public async Task SendAsync_RefusedTokenAfterRotation_IsRenewedOnceBothWays()
    {
        foreach (string way in new[] { "call", "upgrade", "patch" })
        {
            _home.Write(".kube/token", "old");
            using KubeConnection connection = await OpenAsync("tokenFile: token");
            await _server.UseAsync(connection);
            _home.Write(".kube/token", "new");
            _server.Judge = request => request.Authorization == "Bearer new" ? 200 : 401;
            _server.Requests.Clear();

            if (way == "call")
            {
                await connection.Client.Version.GetCodeAsync(TestContext.Current.CancellationToken);
            }
            else if (way == "upgrade")
            {
                await KubeConfigTestServer.EchoAsync(connection);
            }
            else
            {
                await connection.Client.AppsV1.PatchNamespacedDeploymentAsync(
                    new V1Patch("""{"spec":{"replicas":2}}""", V1Patch.PatchType.MergePatch), "x", "n", cancellationToken: TestContext.Current.CancellationToken);
            }

            _server.Requests.Select(request => request.Authorization).Should().Equal("Bearer old", "Bearer new");
            _server.Judge = _ => 200;
        }
    }

    [Fact]
    public async Task SendAsync_RefusedTokenThatDidNotChange_IsNotSentTwice()
    {
        _server.Judge = _ => 401;
        _home.Write(".kube/token", "same");
        using KubeConnection connection = await OpenAsync("tokenFile: token");
        Func<Task> call = async () => await connection.Client.Version.GetCodeAsync(TestContext.Current.CancellationToken);

        HttpOperationException error = (await call.Should().ThrowAsync<HttpOperationException>()).Which;

        _server.Requests.Should().ContainSingle();
        error.Request.Headers.Keys.Should().NotContain("Authorization");
        error.ToString().Should().NotContain("same");
    }

    [Fact]
    public async Task SendAsync_CallersOwnAuthorization_IsLeftAlone()
    {
        using KubeConnection connection = await OpenAsync("token: abc");
        using HttpRequestMessage request = new(HttpMethod.Get, "version");
        request.Headers.Authorization = new("Bearer", "own");

        using HttpResponseMessage response = await connection.SendAsync(request, TestContext.Current.CancellationToken);

        _server.Requests.Should().ContainSingle().Which.Authorization.Should().Be("Bearer own");
    }

    [Fact]
    public async Task SendAsync_Redirect_IsNotFollowed()
    {
        _server.Judge = _ => 307;
        using KubeConnection connection = await OpenAsync("token: abc");
        using HttpRequestMessage request = new(HttpMethod.Get, "version");

        using HttpResponseMessage response = await connection.SendAsync(request, TestContext.Current.CancellationToken);

        ((int)response.StatusCode).Should().Be(307);
    }

    [Fact]
    public async Task SendAsync_AfterDispose_Throws()
    {
        KubeConnection connection = await OpenAsync("token: abc");
        await _server.UseAsync(connection);
        k8s.Kubernetes client = connection.Client;
        connection.Dispose();
        connection.Dispose();

        Func<Task> call = () => client.Version.GetCodeAsync(TestContext.Current.CancellationToken);

        await call.Should().ThrowAsync<Exception>();
    }

    private void WriteCertificate(X509Certificate2 certificate)
    {
        _home.Write(".kube/me.crt", certificate.ExportCertificatePem());
        _home.Write(".kube/me.key", KubeConfigTestCertificates.KeyPem(certificate));
    }

    private Task<KubeConnection> OpenAsync(string user)
    {
        _home.WriteConfig($"server: \"{_server.Uri}\", certificate-authority-data: {KubeConfigTestCertificates.Base64(_root.ExportCertificatePem())}", user);
        return KubeConnectionFactory.OpenAsync(_home.Options with { TimeProvider = _clock }, TestContext.Current.CancellationToken);
    }
}
