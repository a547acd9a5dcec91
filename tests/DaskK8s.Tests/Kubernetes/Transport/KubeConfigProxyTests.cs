using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

using DaskK8s.Kubernetes;
using DaskK8s.Tests.Rigs.Kubernetes;

using k8s;

namespace DaskK8s.Tests.Kubernetes.Transport;

/// <summary>Proxies on the way to the API server, for calls and for upgrades.</summary>
public sealed class KubeConfigProxyTests : IAsyncLifetime
{
    private readonly KubeConfigTestHome _home = new();
    private readonly X509Certificate2 _root = KubeConfigTestCertificates.CreateAuthority("root");
    private KubeConfigTestServer _server = null!;

    public async ValueTask InitializeAsync() =>
        _server = await KubeConfigTestServer.StartAsync(KubeConfigTestCertificates.CreateServer(_root, ["127.0.0.1", "kubernetes.daskk8s.test"]));

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _home.Dispose();
    }

    [Theory]
    [InlineData("http", false)]
    [InlineData("http", true)]
    [InlineData("socks5", false)]
    [InlineData("socks5", true)]
    [InlineData("socks5h", false)]
    [InlineData("https", false)]
    [InlineData("https", true)]
    public async Task OpenAsync_ProxyUrl_CarriesCallsAndUpgrades(string scheme, bool login)
    {
        using X509Certificate2 certificate = KubeConfigTestCertificates.CreateServer(_root, ["127.0.0.1"]);
        using KubeConfigTestProxy proxy = new(
            _server.Uri, scheme.StartsWith("socks", StringComparison.Ordinal), login ? "me:p@ss" : null, scheme == "https" ? certificate : null);
        // The name is one that only the proxy knows.
        WriteConfig("kubernetes.daskk8s.test:6443", $"{scheme}://{(login ? "me:p%40ss@" : "")}{proxy.Address}");

        using KubeConnection connection = await _home.OpenAsync();
        (KubeConfigTestRequest call, KubeConfigTestRequest upgrade) = await _server.UseAsync(connection);

        proxy.Asked.Should().Equal("kubernetes.daskk8s.test:6443", "kubernetes.daskk8s.test:6443");
        (call.Authorization, call.Sni).Should().Be(("Bearer abc", "kubernetes.daskk8s.test"));
        (upgrade.Authorization, upgrade.Sni).Should().Be(("Bearer abc", "kubernetes.daskk8s.test"));
    }

    [Theory]
    [InlineData("http")]
    [InlineData("socks5")]
    public async Task OpenAsync_ProxyUrlAndTlsServerName_WorkTogether(string scheme)
    {
        using KubeConfigTestProxy proxy = new(_server.Uri, scheme == "socks5");
        WriteConfig("10.0.0.1:6443", $"{scheme}://{proxy.Address}", "tls-server-name: kubernetes.daskk8s.test, ");

        using KubeConnection connection = await _home.OpenAsync();
        (KubeConfigTestRequest call, _) = await _server.UseAsync(connection);

        proxy.Asked.Should().Contain("10.0.0.1:6443");
        (call.Host, call.Sni).Should().Be(("10.0.0.1:6443", "kubernetes.daskk8s.test"));
    }

    [Fact]
    public async Task OpenAsync_HttpsProxyVariable_IsUsedUnlessExcepted()
    {
        using KubeConfigTestProxy proxy = new(_server.Uri);
        _home.Variables["HTTPS_PROXY"] = proxy.Address;
        WriteConfig("kubernetes.daskk8s.test:6443", proxy: null);
        using KubeConnection connection = await _home.OpenAsync();

        await _server.UseAsync(connection);
        proxy.Asked.Should().HaveCount(2);

        WriteConfig(_server.Uri.Authority, proxy: null);
        using KubeConnection direct = await _home.OpenAsync();
        await _server.UseAsync(direct);
        proxy.Asked.Should().HaveCount(2, "this machine itself is never reached through a proxy of the environment");
    }

    [Theory]
    [InlineData("HTTP/1.1 403 No\r\n\r\n", "refused the connection with 403")]
    [InlineData("HTTP/1.1 407 Login\r\n\r\n", "requires a user and a password")]
    [InlineData("SSH-2.0-x\r\n\r\n", "does not answer like an HTTP proxy")]
    [InlineData("", "closed the connection")]
    public async Task OpenAsync_ProxyRefuses_SaysSoWithoutThePassword(string answer, string expected)
    {
        using KubeConfigTestProxy proxy = new(_server.Uri) { Refusal = answer };
        WriteConfig("kubernetes.daskk8s.test:6443", $"http://me:S3CR3T@{proxy.Address}");
        using KubeConnection connection = await _home.OpenAsync();
        Func<Task> call = async () => await connection.Client.Version.GetCodeAsync(TestContext.Current.CancellationToken);
        Func<Task> upgrade = async () => await KubeConfigTestServer.EchoAsync(connection);

        foreach (Func<Task> attempt in new[] { call, upgrade })
        {
            HttpRequestException error = (await attempt.Should().ThrowAsync<HttpRequestException>()).Which;
            error.ToString().Should().Contain($"The proxy 'http://{proxy.Address}' {expected}").And.NotContain("S3CR3T");
        }
    }

    [Theory]
    [InlineData("socks5://me:wrong@", "does not accept the user and the password")]
    [InlineData("socks5://", "requires an authentication method")]
    public async Task OpenAsync_SocksProxyRefusesTheLogin_SaysSo(string prefix, string expected)
    {
        using KubeConfigTestProxy proxy = new(_server.Uri, socks: true, login: "me:right");
        WriteConfig("kubernetes.daskk8s.test:6443", $"{prefix}{proxy.Address}");
        using KubeConnection connection = await _home.OpenAsync();
        Func<Task> call = async () => await connection.Client.Version.GetCodeAsync(TestContext.Current.CancellationToken);

        (await call.Should().ThrowAsync<HttpRequestException>()).WithMessage($"*{expected}*").And.Message.Should().NotContain("wrong");
    }

    [Fact]
    public async Task OpenAsync_SocksProxyRefusesTheTarget_SaysWhy()
    {
        using KubeConfigTestProxy proxy = new(_server.Uri, socks: true) { Refusal = "" };
        WriteConfig("kubernetes.daskk8s.test:6443", $"socks5://{proxy.Address}");
        using KubeConnection connection = await _home.OpenAsync();
        Func<Task> call = async () => await connection.Client.Version.GetCodeAsync(TestContext.Current.CancellationToken);

        await call.Should().ThrowAsync<HttpRequestException>().WithMessage("*its rules do not allow it*");
    }

    [Fact]
    public async Task OpenAsync_UntrustedHttpsProxy_IsRefused()
    {
        using X509Certificate2 other = KubeConfigTestCertificates.CreateAuthority("other");
        using X509Certificate2 certificate = KubeConfigTestCertificates.CreateServer(other, ["127.0.0.1"]);
        using KubeConfigTestProxy proxy = new(_server.Uri, certificate: certificate);
        WriteConfig("kubernetes.daskk8s.test:6443", $"https://{proxy.Address}");
        using KubeConnection connection = await _home.OpenAsync();
        Func<Task> call = async () => await connection.Client.Version.GetCodeAsync(TestContext.Current.CancellationToken);

        await call.Should().ThrowAsync<HttpRequestException>().WithMessage("*issued by 'CN=other'*");
    }

    [Fact]
    public async Task OpenAsync_ServerThatNeverAnswersTls_EndsWithinTheLimitBothWays()
    {
        using TcpListener silent = new(IPAddress.Loopback, 0);
        silent.Start();
        WriteConfig($"127.0.0.1:{((IPEndPoint)silent.LocalEndpoint).Port}", proxy: null);
        using KubeConnection connection = await KubeConnectionFactory.OpenAsync(
            _home.Options with { ConnectTimeout = TimeSpan.FromMilliseconds(200) }, TestContext.Current.CancellationToken);
        Func<Task> call = async () => await connection.Client.Version.GetCodeAsync(TestContext.Current.CancellationToken);
        Func<Task> upgrade = async () => await KubeConfigTestServer.EchoAsync(connection);

        foreach (Func<Task> attempt in new[] { call, upgrade })
        {
            (await attempt.Should().ThrowAsync<HttpRequestException>()).WithInnerException<TimeoutException>().WithMessage("No connection to '127.0.0.1' within 0.2 s.");
        }
    }

    private void WriteConfig(string server, string? proxy, string extra = "") => _home.WriteConfig(
        $"server: \"https://{server}\", {extra}certificate-authority-data: {KubeConfigTestCertificates.Base64(_root.ExportCertificatePem())}"
        + (proxy is null ? "" : $", proxy-url: \"{proxy}\""),
        "token: abc");
}
