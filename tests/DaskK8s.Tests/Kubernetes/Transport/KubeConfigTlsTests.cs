using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

using DaskK8s.Kubernetes;
using DaskK8s.Tests.Rigs.Kubernetes;

using k8s;

namespace DaskK8s.Tests.Kubernetes.Transport;

/// <summary>Whom a connection trusts, for calls and for upgrades.</summary>
public sealed class KubeConfigTlsTests : IDisposable
{
    private readonly KubeConfigTestHome _home = new();
    private readonly X509Certificate2 _root = KubeConfigTestCertificates.CreateAuthority("root");

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task OpenAsync_AuthorityAsData_CallsAndUpgrades()
    {
        await using KubeConfigTestServer server = await StartAsync("127.0.0.1");
        _home.WriteConfig($"server: {server.Uri}, certificate-authority-data: {Data(_root)}", "token: abc");

        using KubeConnection connection = await _home.OpenAsync();
        (KubeConfigTestRequest call, KubeConfigTestRequest upgrade) = await server.UseAsync(connection);

        call.Authorization.Should().Be("Bearer abc");
        upgrade.Authorization.Should().Be("Bearer abc");
        call.Host.Should().Be(server.Uri.Authority);
        call.Headers["User-Agent"].Should().StartWith("daskk8s/");
    }

    [Fact]
    public async Task OpenAsync_AuthorityAsRelativeFileWithSeveral_CallsAndUpgrades()
    {
        await using KubeConfigTestServer server = await StartAsync("127.0.0.1");
        using X509Certificate2 other = KubeConfigTestCertificates.CreateAuthority("other");
        _home.Write(".kube/pki/all.crt", other.ExportCertificatePem() + "\n" + _root.ExportCertificatePem());
        _home.WriteConfig($"server: {server.Uri}, certificate-authority: pki/all.crt", "token: abc");

        using KubeConnection connection = await _home.OpenAsync();

        await server.UseAsync(connection);
    }

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("localhost", false)]
    [InlineData("127.0.0.2", false)]
    public async Task OpenAsync_AddressInCertificate_MustMatch(string name, bool accepted)
    {
        await using KubeConfigTestServer server = await StartAsync(name);
        _home.WriteConfig($"server: {server.Uri}, certificate-authority-data: {Data(_root)}", "token: abc");
        using KubeConnection connection = await _home.OpenAsync();

        if (accepted)
        {
            await server.UseAsync(connection);
        }
        else
        {
            (await RefusedAsync(connection)).Should().Contain($"is for other names ({name})").And.Contain("tls-server-name");
        }
    }

    [Fact]
    public async Task OpenAsync_UnknownAuthority_IsRefusedBothWaysWithTheIssuer()
    {
        await using KubeConfigTestServer server = await StartAsync("127.0.0.1");
        using X509Certificate2 other = KubeConfigTestCertificates.CreateAuthority("other");
        _home.WriteConfig($"server: {server.Uri}, certificate-authority-data: {Data(other)}", "token: abc");
        using KubeConnection connection = await _home.OpenAsync();

        (await RefusedAsync(connection)).Should().Contain("issued by 'CN=root', which the kubeconfig's certificate-authority does not contain");
        server.Requests.Should().BeEmpty();
    }

    [Fact]
    public async Task OpenAsync_NoAuthority_UsesTheSystemsTrust()
    {
        await using KubeConfigTestServer server = await StartAsync("127.0.0.1");
        _home.WriteConfig($"server: {server.Uri}", "token: abc");
        using KubeConnection connection = await _home.OpenAsync();

        (await RefusedAsync(connection)).Should().Contain("this system does not trust");
    }

    [Fact]
    public async Task OpenAsync_SelfSignedServingCertificateAsAuthority_IsTrusted()
    {
        using X509Certificate2 serving = KubeConfigTestCertificates.CreateServer(null, ["127.0.0.1"]);
        await using KubeConfigTestServer server = await KubeConfigTestServer.StartAsync(serving);
        _home.WriteConfig($"server: {server.Uri}, certificate-authority-data: {Data(serving)}", "token: abc");

        using KubeConnection connection = await _home.OpenAsync();

        await server.UseAsync(connection);
    }

    [Fact]
    public async Task OpenAsync_ServingCertificateOfUnknownIssuerAsAuthority_IsTrusted()
    {
        using X509Certificate2 serving = KubeConfigTestCertificates.CreateServer(_root, ["127.0.0.1"]);
        await using KubeConfigTestServer server = await KubeConfigTestServer.StartAsync(serving);
        _home.WriteConfig($"server: {server.Uri}, certificate-authority-data: {Data(serving)}", "token: abc");

        using KubeConnection connection = await _home.OpenAsync();

        await server.UseAsync(connection);
    }

    [Theory]
    [InlineData("root", true)]
    [InlineData("root", false)]
    [InlineData("intermediate", true)]
    [InlineData("intermediate", false)]
    [InlineData("both", false)]
    public async Task OpenAsync_ServerBehindIntermediate_IsTrustedAsGoDoes(string trusted, bool sent)
    {
        using X509Certificate2 intermediate = KubeConfigTestCertificates.CreateAuthority("intermediate", _root);
        using X509Certificate2 serving = KubeConfigTestCertificates.CreateServer(intermediate, ["127.0.0.1"]);
        await using KubeConfigTestServer server = await KubeConfigTestServer.StartAsync(serving, sent ? [intermediate] : null);
        string pem = trusted switch
        {
            "root" => _root.ExportCertificatePem(),
            "intermediate" => intermediate.ExportCertificatePem(),
            _ => $"{intermediate.ExportCertificatePem()}\n{_root.ExportCertificatePem()}",
        };
        _home.WriteConfig($"server: {server.Uri}, certificate-authority-data: {KubeConfigTestCertificates.Base64(pem)}", "token: abc");
        using KubeConnection connection = await _home.OpenAsync();

        if (trusted == "root" && !sent)
        {
            (await RefusedAsync(connection)).Should().Contain("issued by 'CN=intermediate'");
        }
        else
        {
            await server.UseAsync(connection);
        }
    }

    [Fact]
    public async Task OpenAsync_ExpiredCertificate_IsRefusedWithItsTimes()
    {
        using X509Certificate2 serving = KubeConfigTestCertificates.CreateServer(_root, ["127.0.0.1"], DateTimeOffset.UtcNow.AddHours(-1));
        await using KubeConfigTestServer server = await KubeConfigTestServer.StartAsync(serving);
        _home.WriteConfig($"server: {server.Uri}, certificate-authority-data: {Data(_root)}", "token: abc");
        using KubeConnection connection = await _home.OpenAsync();

        (await RefusedAsync(connection)).Should().Contain("is not valid now").And.Contain("Z)");
    }

    [Fact]
    public async Task OpenAsync_ExpiredServingCertificateAsAuthority_IsStillRefused()
    {
        using X509Certificate2 serving = KubeConfigTestCertificates.CreateServer(_root, ["127.0.0.1"], DateTimeOffset.UtcNow.AddHours(-1));
        await using KubeConfigTestServer server = await KubeConfigTestServer.StartAsync(serving);
        _home.WriteConfig($"server: {server.Uri}, certificate-authority-data: {Data(serving)}", "token: abc");
        using KubeConnection connection = await _home.OpenAsync();

        (await RefusedAsync(connection)).Should().Contain("is not valid now");
    }

    [Fact]
    public async Task OpenAsync_ClientCertificateAsServer_IsRefused()
    {
        using X509Certificate2 serving = KubeConfigTestCertificates.CreateClient(_root, "somebody");
        await using KubeConfigTestServer server = await KubeConfigTestServer.StartAsync(serving);
        _home.WriteConfig($"server: {server.Uri}, certificate-authority-data: {Data(_root)}, tls-server-name: somebody", "token: abc");
        using KubeConnection connection = await _home.OpenAsync();

        await RefusedAsync(connection);
        server.Requests.Should().BeEmpty();
    }

    [Fact]
    public async Task OpenAsync_TlsServerName_IsAskedAndCheckedAndLeavesTheHostAlone()
    {
        await using KubeConfigTestServer server = await StartAsync("inner.daskk8s.test");
        _home.WriteConfig(
            $"server: {server.Uri}, tls-server-name: inner.daskk8s.test, certificate-authority-data: {Data(_root)}", "token: abc");

        using KubeConnection connection = await _home.OpenAsync();
        (KubeConfigTestRequest call, KubeConfigTestRequest upgrade) = await server.UseAsync(connection);

        foreach (KubeConfigTestRequest request in new[] { call, upgrade })
        {
            request.Sni.Should().Be("inner.daskk8s.test");
            request.Host.Should().Be(server.Uri.Authority);
        }
    }

    [Fact]
    public async Task OpenAsync_WrongTlsServerName_IsRefusedThoughTheHostWouldMatch()
    {
        await using KubeConfigTestServer server = await StartAsync("127.0.0.1");
        _home.WriteConfig($"server: {server.Uri}, tls-server-name: other.daskk8s.test, certificate-authority-data: {Data(_root)}", "token: abc");
        using KubeConnection connection = await _home.OpenAsync();

        (await RefusedAsync(connection)).Should().Contain("The certificate of 'other.daskk8s.test' is for other names (127.0.0.1)");
    }

    [Fact]
    public async Task OpenAsync_InsecureSkipTlsVerify_AcceptsAnything()
    {
        await using KubeConfigTestServer server = await StartAsync("elsewhere.daskk8s.test");
        _home.WriteConfig($"server: {server.Uri}, insecure-skip-tls-verify: true", "token: abc");

        using KubeConnection connection = await _home.OpenAsync();

        await server.UseAsync(connection);
    }

    [Fact]
    public async Task OpenAsync_PlainHttpWithoutScheme_CallsAndUpgrades()
    {
        await using KubeConfigTestServer server = await KubeConfigTestServer.StartAsync(certificate: null);
        _home.WriteConfig($"server: \"{server.Uri.Authority}\"", "");

        using KubeConnection connection = await _home.OpenAsync();
        (KubeConfigTestRequest call, _) = await server.UseAsync(connection);

        call.Authorization.Should().BeNull();
    }

    [Fact]
    public async Task OpenAsync_ServerBehindPath_KeepsThePath()
    {
        await using KubeConfigTestServer server = await StartAsync("127.0.0.1");
        _home.WriteConfig($"server: {server.Uri}k8s/clusters/c-1, certificate-authority-data: {Data(_root)}", "token: abc");

        using KubeConnection connection = await _home.OpenAsync();
        (KubeConfigTestRequest call, KubeConfigTestRequest upgrade) = await server.UseAsync(connection);

        call.Path.Should().StartWith("/k8s/clusters/c-1/version");
        upgrade.Path.Should().Be("/k8s/clusters/c-1/echo");
    }

    /// <summary>Makes sure that neither a call nor an upgrade gets through, and gives the reason.</summary>
    private static async Task<string> RefusedAsync(KubeConnection connection)
    {
        Func<Task> call = () => connection.Client.Version.GetCodeAsync(TestContext.Current.CancellationToken);
        Func<Task> upgrade = () => KubeConfigTestServer.EchoAsync(connection);
        HttpRequestException first = (await call.Should().ThrowAsync<HttpRequestException>()).Which;
        HttpRequestException second = (await upgrade.Should().ThrowAsync<HttpRequestException>()).Which;
        first.HttpRequestError.Should().Be(HttpRequestError.SecureConnectionError);
        first.InnerException.Should().BeOfType<AuthenticationException>();
        second.InnerException!.Message.Should().Be(first.InnerException!.Message);
        return first.Message;
    }

    private async Task<KubeConfigTestServer> StartAsync(params string[] names) =>
        await KubeConfigTestServer.StartAsync(KubeConfigTestCertificates.CreateServer(_root, names));

    private static string Data(X509Certificate2 certificate) => KubeConfigTestCertificates.Base64(certificate.ExportCertificatePem());
}
