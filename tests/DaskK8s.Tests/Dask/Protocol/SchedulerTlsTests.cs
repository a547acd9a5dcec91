using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

using DaskK8s.Dask.Rpc;
using DaskK8s.Tests.Dask.Rpc;
using DaskK8s.Tests.Rigs.Dask;

namespace DaskK8s.Tests.Dask.Protocol;

/// <summary>A real scheduler that speaks TLS, with certificates made for it, and one worker.</summary>
public sealed class TlsDask : IAsyncLifetime
{
    private DaskProcess? _scheduler;
    private DaskProcess? _worker;

    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("daskk8s-tls-").FullName;

    public string Address => _scheduler!.Address;

    public DaskTlsOptions Options => new()
    {
        CaFile = Path.Combine(Directory, "ca.pem"),
        CertificateFile = Path.Combine(Directory, "client.pem"),
        KeyFile = Path.Combine(Directory, "client.key"),
    };

    public async ValueTask InitializeAsync()
    {
        using X509Certificate2 authority = CreateAuthority("ca");
        using X509Certificate2 other = CreateAuthority("other-ca");
        Issue(authority, "server", "scheduler.dask");
        Issue(authority, "client", "client");
        Issue(other, "stranger", "client");
        string[] tls =
        [
            "--tls-ca-file", Path.Combine(Directory, "ca.pem"), "--tls-cert", Path.Combine(Directory, "server.pem"),
            "--tls-key", Path.Combine(Directory, "server.key"), "--protocol", "tls",
        ];
        _scheduler = await DaskProcess.StartSchedulerAsync(tls);
        _worker = await DaskProcess.StartWorkerAsync(_scheduler.Address, "tls-0", tls);
    }

    public async ValueTask DisposeAsync()
    {
        await (_worker?.DisposeAsync() ?? default);
        await (_scheduler?.DisposeAsync() ?? default);
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    private X509Certificate2 CreateAuthority(string name)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        X509Certificate2 authority = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(2));
        File.WriteAllText(Path.Combine(Directory, name + ".pem"), authority.ExportCertificatePem());
        return authority;
    }

    private void Issue(X509Certificate2 authority, string file, string host)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new($"CN={host}", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 certificate = request.Create(
            authority, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(1), RandomNumberGenerator.GetBytes(8));
        File.WriteAllText(Path.Combine(Directory, file + ".pem"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(Directory, file + ".key"), key.ExportPkcs8PrivateKeyPem());
    }
}

public sealed class SchedulerTlsTests(TlsDask dask) : IClassFixture<TlsDask>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task IdentityAsync_TlsScheduler_DescribesItsWorkers()
    {
        dask.Address.Should().StartWith("tls://");
        await using SchedulerRpc rpc = SchedulerRpcTests.Create(dask.Address, dask.Options);

        SchedulerInfo info = await rpc.IdentityAsync(Token);

        info.Workers.Should().ContainSingle().Which.Name.Should().Be("tls-0");
    }

    [Fact]
    public async Task SubmitAsync_TlsScheduler_RunsAndGivesTheResult()
    {
        await using DaskClient client = await DaskClient.ConnectAsync(dask.Address, new DaskClientOptions { Tls = dask.Options }, Token);

        using DaskFuture<int> future = await client.SubmitAsync<int>(PythonFunction.FromName("operator", "add"), [1, 2], null, Token);

        (await future.ResultAsync(TimeSpan.FromSeconds(30), Token)).Should().Be(3);
    }

    [Fact]
    public async Task IdentityAsync_ServerNameOfTheCertificate_IsAccepted()
    {
        await using SchedulerRpc rpc = SchedulerRpcTests.Create(dask.Address, dask.Options with { ServerName = "scheduler.dask" });

        (await rpc.IdentityAsync(Token)).Workers.Should().ContainSingle();
    }

    [Fact]
    public Task IdentityAsync_OtherServerName_ThrowsNamingIt() =>
        FailsAsync(dask.Options with { ServerName = "elsewhere" }, "*not valid for the name elsewhere*");

    [Fact]
    public Task IdentityAsync_OtherAuthority_ThrowsNamingTheFile() =>
        FailsAsync(dask.Options with { CaFile = Path.Combine(dask.Directory, "other-ca.pem") }, "*does not chain to an authority in*other-ca.pem*");

    [Fact]
    public Task IdentityAsync_NoAuthority_ThrowsNamingTheOption() =>
        FailsAsync(dask.Options with { CaFile = null }, "*DaskTlsOptions.CaFile*");

    [Fact]
    public Task IdentityAsync_MissingFile_ThrowsNamingIt() =>
        FailsAsync(dask.Options with { CaFile = Path.Combine(dask.Directory, "none.pem") }, "*none.pem*");

    [Fact]
    public Task IdentityAsync_CertificateWithoutItsKey_ThrowsNamingBoth() =>
        FailsAsync(dask.Options with { KeyFile = Path.Combine(dask.Directory, "server.key") }, "*client.pem*server.key*");

    [Theory]
    [InlineData(null, "localhost", "localhost")]
    [InlineData(null, "127.0.0.1", "127.0.0.1")]
    [InlineData("scheduler.dask", "localhost", "scheduler.dask")]
    public async Task AuthenticateAsync_AuthorityOfTheSystem_AcceptsTheNameThatWasDialled(string? serverName, string host, string certificate)
    {
        using TlsPeer peer = TlsPeer.TrustedBySystem(certificate);

        await using Stream secure = await peer.AuthenticateAsync(host, new DaskTlsOptions { ServerName = serverName }, Token);

        secure.CanWrite.Should().BeTrue();
    }

    [Theory]
    [InlineData(null, "localhost", "evil.example")]
    [InlineData(null, "127.0.0.1", "localhost")]
    [InlineData(null, "scheduler.dask.example", "dask.example")]
    [InlineData("scheduler.dask", "localhost", "localhost")]
    public async Task AuthenticateAsync_AuthorityOfTheSystemForAnotherName_IsRefusedNamingBoth(string? serverName, string host, string certificate)
    {
        using TlsPeer peer = TlsPeer.TrustedBySystem(certificate);

        Func<Task> authenticate = async () => await peer.AuthenticateAsync(host, new DaskTlsOptions { ServerName = serverName }, Token);

        (await authenticate.Should().ThrowAsync<DaskTlsException>()).WithMessage($"*CN={certificate}*not valid for the name {serverName ?? host}*");
    }

    [Fact]
    public async Task AuthenticateAsync_AuthorityOfTheUsersOwn_NeedsNoName()
    {
        using TlsPeer peer = TlsPeer.TrustedBySystem("evil.example");

        await using Stream secure = await peer.AuthenticateAsync("localhost", new DaskTlsOptions { CaFile = peer.CaFile }, Token);

        secure.CanWrite.Should().BeTrue();
    }

    [Theory]
    [InlineData(null)]
    [InlineData("stranger")]
    public async Task IdentityAsync_ClientThatTheSchedulerRefuses_ThrowsDocumentedError(string? name)
    {
        // With TLS 1.3 the refusal arrives after our side of the handshake is done: as a closed connection.
        DaskTlsOptions options = dask.Options with
        {
            CertificateFile = name is null ? null : Path.Combine(dask.Directory, name + ".pem"),
            KeyFile = name is null ? null : Path.Combine(dask.Directory, name + ".key"),
        };
        await using SchedulerRpc rpc = SchedulerRpcTests.Create(dask.Address, options);

        Func<Task> call = () => rpc.IdentityAsync(Token);

        (await call.Should().ThrowAsync<DaskTlsException>()).WithMessage("*certificate*");
    }

    [Fact]
    public async Task IdentityAsync_PlainClient_ThrowsDocumentedError()
    {
        await using SchedulerRpc rpc = SchedulerRpcTests.Create(dask.Address.Replace("tls://", "tcp://"));

        Func<Task> call = () => rpc.IdentityAsync(Token);

        await call.Should().ThrowAsync<DaskK8sException>();
    }

    private async Task FailsAsync(DaskTlsOptions options, string message)
    {
        await using SchedulerRpc rpc = SchedulerRpcTests.Create(dask.Address, options);

        Func<Task> call = () => rpc.IdentityAsync(Token);

        (await call.Should().ThrowAsync<DaskTlsException>()).WithMessage(message);
    }
}
