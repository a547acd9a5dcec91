using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

using DaskK8s.Kubernetes;
using DaskK8s.Tests.Rigs.Kubernetes;

using k8s;

using Microsoft.Extensions.Time.Testing;

namespace DaskK8s.Tests.Kubernetes.Credentials;

/// <summary>Credentials that a helper program prints, for calls and for upgrades. The helpers are shell scripts.</summary>
public sealed class KubeConfigExecTests : IAsyncLifetime
{
    private const string V1 = "client.authentication.k8s.io/v1";
    private readonly KubeConfigTestHome _home = new();
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UtcNow);
    private readonly X509Certificate2 _root = KubeConfigTestCertificates.CreateAuthority("root");
    private KubeConfigTestServer _server = null!;

    private string Log => Path.Combine(_home.Root, "log");

    public async ValueTask InitializeAsync() =>
        _server = await KubeConfigTestServer.StartAsync(KubeConfigTestCertificates.CreateServer(_root, ["127.0.0.1"]));

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _home.Dispose();
    }

    [Theory]
    [InlineData("client.authentication.k8s.io/v1")]
    [InlineData("client.authentication.k8s.io/v1beta1")]
    public async Task GetAsync_Helper_GetsArgumentsUnbrokenAndEnvironment(string version)
    {
        _home.WriteProgram(".kube/bin/helper", $$"""
            for a in "$@"; do echo "[$a]" >> "{{Log}}"; done
            echo "$FLAVOUR" >> "{{Log}}"
            {{Print("tok-1", version: version)}}
            """);
        using KubeConnection connection = await OpenAsync(
            $"apiVersion: {version}, command: ./bin/helper, interactiveMode: Never, args: [\"two words\", \"a\\\"b\", \"$HOME\", \"\", \"'x' *\"], env: [{{name: FLAVOUR, value: sour cherry}}]");

        (KubeConfigTestRequest call, KubeConfigTestRequest upgrade) = await _server.UseAsync(connection);

        (await ReadLogAsync()).Should().Equal("[two words]", "[a\"b]", "[$HOME]", "[]", "['x' *]", "sour cherry");
        (call.Authorization, upgrade.Authorization).Should().Be(("Bearer tok-1", "Bearer tok-1"));
    }

    [Fact]
    public async Task OpenAsync_Helper_RunsNotBeforeTheFirstRequestAndOnce()
    {
        _home.WriteProgram("bin/helper", $"echo run >> '{Log}'; {Print("t")}");
        _home.Variables["PATH"] = $"{_home.Root}/bin";
        using KubeConnection connection = await OpenAsync("command: helper");
        File.Exists(Log).Should().BeFalse();

        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => connection.Client.Version.GetCodeAsync(TestContext.Current.CancellationToken)));
        await _server.UseAsync(connection);

        (await ReadLogAsync()).Should().Equal("run");
    }

    [Theory]
    [InlineData(@"\357\273\277{\""kind\"": \""ExecCredential\"", \""apiVersion\"": \""client.authentication.k8s.io/v1\"",\r\n \""status\"": {\""token\"": \""abc\""}}\r\n")]
    [InlineData(@"\357\273\277apiVersion: client.authentication.k8s.io/v1\nkind: ExecCredential\nstatus: {token: abc}\n")]
    [InlineData(@"apiVersion: client.authentication.k8s.io/v1\r\nkind: ExecCredential\r\nstatus:\r\n  token: abc\r\n")]
    [InlineData(@"{\""Kind\"": \""ExecCredential\"", \""APIVersion\"": \""client.authentication.k8s.io/v1\"", \""kind\"": null, \""status\"": {\""token\"": \""abc\""}}")]
    public async Task GetAsync_HelperThatPrintsAMarkOrYaml_IsReadAsKubectlDoes(string printed)
    {
        _home.WriteProgram(".kube/helper", $"printf '{printed.Replace("\\\"", "\"", StringComparison.Ordinal)}'");
        using KubeConnection connection = await OpenAsync("command: ./helper");

        (KubeConfigTestRequest call, _) = await _server.UseAsync(connection);

        call.Authorization.Should().Be("Bearer abc");
    }

    [Fact]
    public async Task GetAsync_ProvideClusterInfo_TellsTheCluster()
    {
        string config = $"certificate-authority-data: {KubeConfigTestCertificates.Base64(_root.ExportCertificatePem())}, "
            + "extensions: [{name: other, extension: 1}, {name: client.authentication.k8s.io/exec, extension: {audience: \"06e3\", depth: 3, on: true, none: null, list: [1.5, x]}}]";
        _home.WriteProgram(".kube/helper", $"echo \"$KUBERNETES_EXEC_INFO\" > '{Log}'; {Print("t")}");
        using KubeConnection connection = await OpenAsync("command: ./helper, provideClusterInfo: true", config);

        await _server.UseAsync(connection);

        using JsonDocument info = JsonDocument.Parse(await File.ReadAllTextAsync(Log, TestContext.Current.CancellationToken));
        JsonElement root = info.RootElement;
        root.GetProperty("kind").GetString().Should().Be("ExecCredential");
        root.GetProperty("apiVersion").GetString().Should().Be(V1);
        root.GetProperty("spec").GetProperty("interactive").GetBoolean().Should().BeFalse();
        JsonElement cluster = root.GetProperty("spec").GetProperty("cluster");
        cluster.GetProperty("server").GetString().Should().Be(_server.Uri.AbsoluteUri);
        cluster.GetProperty("certificate-authority-data").GetString().Should().Be(KubeConfigTestCertificates.Base64(_root.ExportCertificatePem()));
        cluster.GetProperty("config").GetRawText().Should().Be("""{"audience":"06e3","depth":3,"true":true,"none":null,"list":[1.5,"x"]}""");
    }

    [Fact]
    public async Task GetAsync_WithoutProvideClusterInfo_TellsNothingOfTheCluster()
    {
        _home.WriteProgram(".kube/helper", $"echo \"$KUBERNETES_EXEC_INFO\" > '{Log}'; {Print("t")}");
        using KubeConnection connection = await OpenAsync("command: ./helper");

        await _server.UseAsync(connection);

        (await ReadLogAsync()).Single().Should().Be($$$"""{"kind":"ExecCredential","apiVersion":"{{{V1}}}","spec":{"interactive":false}}""");
    }

    [Fact]
    public async Task GetAsync_ExpiringToken_IsRenewedBeforeItExpires()
    {
        WriteCountingHelper(expiry: _clock.GetUtcNow().AddMinutes(10));
        using KubeConnection connection = await OpenAsync("command: ./helper");

        string? first = (await _server.UseAsync(connection)).Call.Authorization;
        _clock.Advance(TimeSpan.FromMinutes(8.5));
        string? still = (await _server.UseAsync(connection)).Upgrade.Authorization;
        WriteCountingHelper(expiry: _clock.GetUtcNow().AddMinutes(10));
        _clock.Advance(TimeSpan.FromMinutes(0.6));
        (KubeConfigTestRequest call, KubeConfigTestRequest upgrade) = await _server.UseAsync(connection);

        new[] { first, still, call.Authorization, upgrade.Authorization }.Should().Equal("Bearer tok-1", "Bearer tok-1", "Bearer tok-2", "Bearer tok-2");
    }

    [Fact]
    public async Task GetAsync_HelperFailsBeforeTheExpiry_KeepsTheTokenUntilThen()
    {
        WriteCountingHelper(expiry: _clock.GetUtcNow().AddMinutes(10));
        using KubeConnection connection = await OpenAsync("command: ./helper");
        await _server.UseAsync(connection);
        _home.WriteProgram(".kube/helper", $"echo failed >> '{Log}'; exit 1");

        _clock.Advance(TimeSpan.FromMinutes(9.5));
        (await _server.UseAsync(connection)).Call.Authorization.Should().Be("Bearer tok-1");
        (await ReadLogAsync()).Should().Equal("1", "failed");
        _clock.Advance(TimeSpan.FromMinutes(1));
        Func<Task> call = async () => await connection.Client.Version.GetCodeAsync(TestContext.Current.CancellationToken);
        await call.Should().ThrowAsync<KubeCredentialException>();
    }

    [Theory]
    [InlineData("call")]
    [InlineData("upgrade")]
    public async Task SendAsync_RefusedToken_RunsTheHelperOnceAndTriesOnce(string way)
    {
        WriteCountingHelper(expiry: null);
        using KubeConnection connection = await OpenAsync("command: ./helper");
        await _server.UseAsync(connection);
        _server.Judge = request => request.Authorization == "Bearer tok-1" ? 401 : 200;
        _server.Requests.Clear();

        if (way == "call")
        {
            // Many at once: one run serves them all.
            await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => connection.Client.Version.GetCodeAsync(TestContext.Current.CancellationToken)));
        }
        else
        {
            await KubeConfigTestServer.EchoAsync(connection);
        }

        (await ReadLogAsync()).Should().Equal("1", "2");

        _server.Judge = _ => 401;
        _server.Requests.Clear();
        Func<Task> call = async () => await connection.Client.Version.GetCodeAsync(TestContext.Current.CancellationToken);
        await call.Should().ThrowAsync<k8s.Autorest.HttpOperationException>();
        _server.Requests.Select(request => request.Authorization).Should().Equal("Bearer tok-2", "Bearer tok-3");
    }

    [Fact]
    public async Task GetAsync_ClientCertificateFromHelper_IsShownAndRotates()
    {
        using X509Certificate2 jane = KubeConfigTestCertificates.CreateClient(_root, "jane");
        using X509Certificate2 june = KubeConfigTestCertificates.CreateClient(_root, "june");
        WriteCertificateHelper(jane);
        using KubeConnection connection = await OpenAsync("command: ./helper");
        (KubeConfigTestRequest first, KubeConfigTestRequest firstUpgrade) = await _server.UseAsync(connection);
        await using Stream tunnel = await KubeConfigTestServer.OpenEchoAsync(connection);

        WriteCertificateHelper(june);
        _clock.Advance(TimeSpan.FromHours(1));
        (KubeConfigTestRequest second, KubeConfigTestRequest secondUpgrade) = await _server.UseAsync(connection);

        new[] { first, firstUpgrade, second, secondUpgrade }.Select(request => request.ClientSubject).Should().Equal("CN=jane", "CN=jane", "CN=june", "CN=june");
        await KubeConfigTestServer.RoundTripAsync(tunnel);
    }

    [Theory]
    [InlineData("token: fixed", "Bearer fixed")]
    [InlineData("username: a, password: b", "Basic YTpi")]
    public async Task GetAsync_LoginBesideExec_WinsAndTheHelperDoesNotRun(string login, string expected)
    {
        _home.WriteProgram(".kube/helper", $"echo run > '{Log}'");
        _home.WriteConfig(Cluster(), $"{login}, exec: {{apiVersion: {V1}, interactiveMode: Never, command: ./helper}}");
        using KubeConnection connection = await _home.OpenAsync();

        (await _server.UseAsync(connection)).Call.Authorization.Should().Be(expected);

        File.Exists(Log).Should().BeFalse();
    }

    [Fact]
    public async Task GetAsync_HelperMissing_GivesTheInstallHint()
    {
        KubeCredentialException error = await FailAsync("command: daskk8s-no-such-helper, args: [S3CR3T], installHint: Get it from your platform team.");

        error.Message.Should().Contain("'daskk8s-no-such-helper'").And.Contain("is not installed").And.Contain("Get it from your platform team.");
        error.InstallHint.Should().Be("Get it from your platform team.");
        error.Command.Should().Be("daskk8s-no-such-helper");
        error.User.Should().Be("me");
    }

    [Fact]
    public async Task GetAsync_HelperOnlyInTheCurrentDirectory_IsNotRun()
    {
        _home.Variables["PATH"] = $".{Path.PathSeparator}{_home.Root}";

        (await FailAsync("command: DaskK8s.Tests")).Message.Should().Contain("is not installed");
    }

    [Theory]
    [InlineData("echo S3CR3T; echo S3CR3T >&2; exit 7", "exit code 7")]
    [InlineData("echo S3CR3T", "other than JSON")]
    [InlineData("true", "printed nothing")]
    [InlineData("echo '[\"S3CR3T\"]'", "other than an ExecCredential")]
    [InlineData("echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1beta1\",\"status\":{\"token\":\"S3CR3T\"}}'", "another apiVersion")]
    [InlineData("echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\"}'", "no status")]
    [InlineData("echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"status\":{}}'", "neither a token nor a certificate")]
    [InlineData("echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"status\":{\"clientKeyData\":\"S3CR3T\"}}'", "only one of certificate and key")]
    [InlineData("echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"status\":{\"clientKeyData\":\"S3CR3T\",\"clientCertificateData\":\"S3CR3T\"}}'", "no certificate in PEM form")]
    [InlineData("echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"status\":{\"token\":\"S3CR3T with spaces\"}}'", "not allowed in a header")]
    [InlineData("echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"status\":{\"token\":\"S3CR3T\",\"expirationTimestamp\":\"S3CR3T\"}}'", "is not a time")]
    [InlineData("head -c 2000000 /dev/zero", "more than 1 MiB")]
    public async Task GetAsync_HelperFails_SaysHowAndNothingThatItPrinted(string script, string expected)
    {
        _home.WriteProgram(".kube/helper", script);

        KubeCredentialException error = await FailAsync("command: ./helper, args: [S3CR3T], env: [{name: X, value: S3CR3T}]");

        error.Message.Should().Contain(expected).And.Contain(Path.Combine(_home.Root, ".kube", "helper"));
        error.ExitCode.Should().Be(expected.StartsWith("exit code", StringComparison.Ordinal) ? 7 : null);
    }

    [Fact]
    public async Task GetAsync_HelperThatCannotStart_SaysSo()
    {
        _home.WriteProgram(".kube/helper", "");
        File.WriteAllText(Path.Combine(_home.Root, ".kube/helper"), "#!/no/such/interpreter\n");

        (await FailAsync("command: ./helper")).Message.Should().Contain("could not be started");
    }

    [Fact]
    public async Task GetAsync_HelperThatHangs_IsStoppedAtTheLimit()
    {
        _home.WriteProgram(".kube/helper", $"echo $$ > '{Log}'; sleep 600");
        WriteConfig("command: ./helper");
        using KubeConnection connection = await KubeConnectionFactory.OpenAsync(
            _home.Options with { ExecTimeout = TimeSpan.FromMilliseconds(700) }, TestContext.Current.CancellationToken);
        Func<Task> call = async () => await connection.Client.Version.GetCodeAsync(TestContext.Current.CancellationToken);

        await call.Should().ThrowAsync<KubeCredentialException>().WithMessage("*did not end within 0.7 s and was stopped*");

        await AssertGoneAsync();
    }

    [Fact]
    public async Task GetAsync_OneCallerCancels_TheOthersGetTheToken()
    {
        string gate = Path.Combine(_home.Root, "gate");
        _home.WriteProgram(".kube/helper", $"echo run >> '{Log}'; while [ ! -e '{gate}' ]; do sleep 0.05; done; {Print("t")}");
        using KubeConnection connection = await OpenAsync("command: ./helper");
        using CancellationTokenSource impatient = new();
        Task first = connection.Client.Version.GetCodeAsync(impatient.Token);
        Task second = connection.Client.Version.GetCodeAsync(TestContext.Current.CancellationToken);
        while (!File.Exists(Log))
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        await impatient.CancelAsync();
        Func<Task> wait = () => first;
        await wait.Should().ThrowAsync<OperationCanceledException>();
        _home.Write("gate", "");
        await second;

        (await ReadLogAsync()).Should().Equal("run");
    }

    [Fact]
    public async Task Dispose_HelperRunning_IsStopped()
    {
        _home.WriteProgram(".kube/helper", $"echo $$ > '{Log}.tmp'; mv '{Log}.tmp' '{Log}'; sleep 600");
        KubeConnection connection = await OpenAsync("command: ./helper");
        Task call = connection.Client.Version.GetCodeAsync(TestContext.Current.CancellationToken);
        while (!File.Exists(Log))
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        connection.Dispose();

        Func<Task> wait = () => call;
        await wait.Should().ThrowAsync<Exception>();
        await AssertGoneAsync();
    }

    [Fact]
    public async Task GetAsync_MustBeInteractiveWithoutTerminal_SaysSo()
    {
        _home.WriteProgram(".kube/helper", Print("t"));

        (await FailAsync("command: ./helper", mode: "Always")).Message.Should().Contain("this process has no terminal");
    }

    [Theory]
    [InlineData("Always", true)]
    [InlineData("IfAvailable", true)]
    [InlineData("Never", false)]
    public async Task GetAsync_Terminal_IsForTheHelperAsItsModeSays(string mode, bool expected)
    {
        _home.HasTerminal = true;
        _home.WriteProgram(".kube/helper", $"echo \"$KUBERNETES_EXEC_INFO\" > '{Log}'; {Print("t")}");
        WriteConfig("command: ./helper", mode: mode);
        using KubeConnection connection = await _home.OpenAsync();

        await _server.UseAsync(connection);

        (await ReadLogAsync()).Single().Should().Contain($"\"interactive\":{(expected ? "true" : "false")}");
    }

    [Fact]
    public async Task GetAsync_HelperThatReadsInput_FindsNone()
    {
        _home.WriteProgram(".kube/helper", $"cat > '{Log}'; {Print("t")}");
        using KubeConnection connection = await OpenAsync("command: ./helper");

        await _server.UseAsync(connection);

        (await ReadLogAsync()).Should().BeEmpty();
    }

    [Fact]
    public async Task GetAsync_AliasBombForTheHelper_IsRefused()
    {
        string bomb = string.Join(", ", Enumerable.Range(1, 30).Select(level => $"a{level}: &a{level} [*a{level - 1}, *a{level - 1}]").Prepend("a0: &a0 [x]"));
        _home.Write(".kube/config", $$"""
            current-context: x
            contexts: [{name: x, context: {cluster: c, user: u} }]
            users: [{name: u, user: {exec: {apiVersion: {{V1}}, interactiveMode: Never, command: sh, provideClusterInfo: true} } }]
            clusters:
            - name: c
              cluster:
                server: {{_server.Uri}}
                extensions:
                - name: client.authentication.k8s.io/exec
                  extension: { {{bomb}} }
            """);
        Func<Task> open = async () =>
        {
            using KubeConnection connection = await _home.OpenAsync();
            await connection.Client.Version.GetCodeAsync(TestContext.Current.CancellationToken);
        };

        await open.Should().ThrowAsync<KubeConfigException>();
    }

    private async Task AssertGoneAsync()
    {
        int id = int.Parse((await ReadLogAsync()).Single(), CultureInfo.InvariantCulture);
        for (int round = 0; round < 500 && Directory.Exists($"/proc/{id}") && !await IsZombieAsync(id); round++)
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        (!Directory.Exists($"/proc/{id}") || await IsZombieAsync(id)).Should().BeTrue("the helper must not outlive its use");
    }

    private static async Task<bool> IsZombieAsync(int id)
    {
        try
        {
            return (await File.ReadAllTextAsync($"/proc/{id}/stat", TestContext.Current.CancellationToken)).Contains(") Z ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return true;
        }
    }

    private static string Print(string token, string? expiry = null, string version = V1) =>
        $"echo '{{\"kind\":\"ExecCredential\",\"apiVersion\":\"{version}\",\"status\":{{\"token\":\"{token}\"{(expiry is null ? "" : $",\"expirationTimestamp\":\"{expiry}\"")}}}}}'";

    private static string Time(DateTimeOffset time) => time.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    private void WriteCountingHelper(DateTimeOffset? expiry) => _home.WriteProgram(".kube/helper", $"""
        n=$(cat '{Log}' 2>/dev/null | wc -l); n=$((n+1)); echo $n >> '{Log}'
        {Print("tok-'$n'", expiry is null ? null : Time(expiry.Value))}
        """);

    private void WriteCertificateHelper(X509Certificate2 certificate)
    {
        string credential = JsonSerializer.Serialize(new
        {
            kind = "ExecCredential",
            apiVersion = V1,
            status = new
            {
                clientCertificateData = certificate.ExportCertificatePem(),
                clientKeyData = KubeConfigTestCertificates.KeyPem(certificate),
                expirationTimestamp = Time(_clock.GetUtcNow().AddMinutes(30)),
            },
        });
        string file = _home.Write("credential.json", credential);
        _home.WriteProgram(".kube/helper", $"cat '{file}'");
    }

    private async Task<string[]> ReadLogAsync() => await File.ReadAllLinesAsync(Log, TestContext.Current.CancellationToken);

    private string Cluster() =>
        $"server: \"{_server.Uri}\", certificate-authority-data: {KubeConfigTestCertificates.Base64(_root.ExportCertificatePem())}";

    private void WriteConfig(string exec, string? cluster = null, string mode = "Never") => _home.WriteConfig(
        cluster is null ? Cluster() : $"server: \"{_server.Uri}\", {cluster}",
        $"exec: {{{(exec.Contains("apiVersion", StringComparison.Ordinal) ? "" : $"apiVersion: {V1}, interactiveMode: {mode}, ")}{exec}}}");

    private Task<KubeConnection> OpenAsync(string exec, string? cluster = null)
    {
        WriteConfig(exec, cluster);
        return KubeConnectionFactory.OpenAsync(_home.Options with { TimeProvider = _clock }, TestContext.Current.CancellationToken);
    }

    private async Task<KubeCredentialException> FailAsync(string exec, string mode = "Never")
    {
        WriteConfig(exec, mode: mode);
        using KubeConnection connection = await _home.OpenAsync();
        Func<Task> call = async () => await connection.Client.Version.GetCodeAsync(TestContext.Current.CancellationToken);
        Func<Task> upgrade = async () => await KubeConfigTestServer.EchoAsync(connection);
        KubeCredentialException error = (await call.Should().ThrowAsync<KubeCredentialException>()).Which;
        (await upgrade.Should().ThrowAsync<KubeCredentialException>()).Which.Message.Should().Be(error.Message);
        error.ToString().Should().NotContain("S3CR3T");
        _server.Requests.Should().BeEmpty();
        return error;
    }
}
