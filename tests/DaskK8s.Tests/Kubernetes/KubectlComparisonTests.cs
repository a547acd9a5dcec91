using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

using DaskK8s.Kubernetes;
using DaskK8s.Tests.Rigs.Differential;
using DaskK8s.Tests.Rigs.Kubernetes;

using k8s;

namespace DaskK8s.Tests.Kubernetes;

/// <summary>The same kubeconfig, used by the library and by kubectl against the same server: both are refused, or the server sees the same caller.</summary>
public sealed class KubectlComparisonTests : IAsyncLifetime
{
    private const string V1 = "client.authentication.k8s.io/v1";
    private static readonly string[] Compared = ["Authorization", "Impersonate-User", "Impersonate-Group", "Impersonate-Uid"];
    private readonly KubeConfigTestHome _home = new();
    private readonly X509Certificate2 _root = KubeConfigTestCertificates.CreateAuthority("root");
    private readonly X509Certificate2 _jane;
    private KubeConfigTestServer _server = null!;

    public KubectlComparisonTests() => _jane = KubeConfigTestCertificates.CreateClient(_root, "jane");

    /// <summary>Gets a value indicating whether there is nothing to compare with.</summary>
    public static bool IsOracleMissing => KubectlOracle.Find() is null;

    private string Authority => $"certificate-authority-data: {KubeConfigTestCertificates.Base64(_root.ExportCertificatePem())}";

    private string CertificatePem => _jane.ExportCertificatePem();

    private RSA Key => _jane.GetRSAPrivateKey()!;

    public async ValueTask InitializeAsync() =>
        _server = await KubeConfigTestServer.StartAsync(KubeConfigTestCertificates.CreateServer(_root, ["127.0.0.1", "other.example"]));

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _home.Dispose();
        _jane.Dispose();
        _root.Dispose();
    }

    [Theory(Skip = KubectlOracle.Missing, SkipWhen = nameof(IsOracleMissing))]
    [InlineData("")]
    [InlineData("token: abc")]
    [InlineData("token: \"\"")]
    [InlineData("tokenFile: token")]
    [InlineData("token: abc, tokenFile: token")]
    [InlineData("token: abc, tokenFile: missing")]
    [InlineData("tokenFile: missing")]
    [InlineData("tokenFile: marked")]
    [InlineData("username: jane, password: secret")]
    [InlineData("username: jane")]
    [InlineData("password: secret")]
    [InlineData("username: \"ja:ne\", password: \"a:b\"")]
    [InlineData("token: abc, username: jane, password: secret")]
    [InlineData("token: abc, as: john")]
    [InlineData("token: abc, as: john, as-groups: [a, \"b, c\", a]")]
    [InlineData("token: abc, as: john, as-uid: \"7\", as-user-extra: {scopes: [view, edit], Acme/Scope: [\"x y\"], \"%\": [p], \"a_b-c.d~\": [q]}")]
    [InlineData("token: abc, as: john, as-user-extra: {empty: []}")]
    [InlineData("token: abc, as-groups: [a]")]
    [InlineData("token: abc, as-uid: \"7\"")]
    [InlineData("token: abc, as-user-extra: {a: [b]}")]
    [InlineData("token: abc, as: \"\", as-groups: []")]
    [InlineData("token: abc, as: jürgen")]
    [InlineData("auth-provider: {name: gcp, config: {access-token: abc}}")]
    [InlineData("auth-provider: {name: azure}")]
    [InlineData("auth-provider: {name: unknown}")]
    [InlineData("token: abc, auth-provider: {name: oidc, config: {id-token: x}}")]
    [InlineData("token: abc, exec: {apiVersion: client.authentication.k8s.io/v1, command: ./helper, interactiveMode: Never}")]
    [InlineData("token: abc, auth-provider: {name: unknown}")]
    [InlineData("token: abc, auth-provider: {name: gcp}")]
    [InlineData("token: abc, auth-provider: {name: oidc, config: {idp-issuer-url: \"https://a\"}}")]
    [InlineData("token: abc, auth-provider: {name: oidc, config: {idp-issuer-url: \"https://a\", client-id: b}}")]
    [InlineData("token: abc, auth-provider: {name: oidc, config: {idp-issuer-url: \"https://a\", client-id: b, id-token: c}}")]
    [InlineData("exec: {command: ./helper}, auth-provider: {name: oidc}")]
    public async Task Connect_Login_IsThatOfKubectl(string user)
    {
        _home.Write(".kube/token", "from-file\n");
        _home.Write(".kube/marked", "\ufefffrom-file");
        _home.WriteProgram(".kube/helper", "echo nothing");

        await CompareAsync($"{Authority}", user);
    }

    [Theory(Skip = KubectlOracle.Missing, SkipWhen = nameof(IsOracleMissing))]
    [InlineData("v1", "Never", """{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"t"}}""")]
    [InlineData("v1", "IfAvailable", """{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"t"}}""")]
    [InlineData("v1", "Always", """{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"t"}}""")]
    [InlineData("v1", "", """{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"t"}}""")]
    [InlineData("v1", "never", """{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"t"}}""")]
    [InlineData("v1beta1", "", """{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1","status":{"token":"t"}}""")]
    [InlineData("v1beta1", "", """{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"t"}}""")]
    [InlineData("v1alpha1", "", """{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1alpha1","status":{"token":"t"}}""")]
    [InlineData("v2", "Never", """{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v2","status":{"token":"t"}}""")]
    [InlineData("v1", "Never", """{"kind":"execCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"t"}}""")]
    [InlineData("v1", "Never", """{"KIND":"ExecCredential","ApiVersion":"client.authentication.k8s.io/v1","status":{"token":"t"}}""")]
    [InlineData("v1", "Never", """{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","Status":{"token":"t"}}""")]
    [InlineData("v1", "Never", """{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"Token":"t"}}""")]
    [InlineData("v1", "Never", """{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":5}}""")]
    [InlineData("v1", "Never", """{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":""}}""")]
    [InlineData("v1", "Never", """{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"t","clientKeyData":"x"}}""")]
    [InlineData("v1", "Never", """{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"t","expirationTimestamp":"tomorrow"}}""")]
    [InlineData("v1", "Never", """{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"t","expirationTimestamp":"2099-01-01"}}""")]
    [InlineData("v1", "Never", """{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"t","expirationTimestamp":"2099-01-01T00:00:00Z"}}""")]
    [InlineData("v1", "Never", """{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"t","expirationTimestamp":"2099-01-01T0:00:00,1234567890123+02:00"}}""")]
    [InlineData("v1", "Never", """{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"t","expirationTimestamp":"2099-02-30T00:00:00Z"}}""")]
    [InlineData("v1", "Never", """{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"t","expirationTimestamp":"2099-01-01 00:00:00Z"}}""")]
    [InlineData("v1", "Never", """{kind: ExecCredential, apiVersion: client.authentication.k8s.io/v1, status: {token: t}}""")]
    [InlineData("v1", "Never", """ {"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"t","token":"u"}}""")]
    [InlineData("v1", "Never", """{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"t","expirationTimestamp":null}}""")]
    [InlineData("v1", "Never", """{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"t"},"unknown":1}""")]
    [InlineData("v1", "Never", """{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"t"}} and more""")]
    [InlineData("v1", "Never", """{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1"}""")]
    [InlineData("v1", "Never", "kind: ExecCredential\napiVersion: client.authentication.k8s.io/v1\nstatus: {token: t}")]
    [InlineData("v1", "Never", "kind: ExecCredential\napiVersion: client.authentication.k8s.io/v1\nstatus: {token: t}\n---\nmore: 1")]
    [InlineData("v1", "Never", "")]
    public async Task Connect_Helper_IsUnderstoodAsByKubectl(string version, string mode, string printed)
    {
        string file = _home.Write("printed", printed + "\n");
        _home.WriteProgram(".kube/helper", $"cat '{file}'");

        await CompareAsync(Authority, $"exec: {{apiVersion: client.authentication.k8s.io/{version}, command: ./helper{(mode.Length > 0 ? $", interactiveMode: {mode}" : "")}}}");
    }

    [Theory(Skip = KubectlOracle.Missing, SkipWhen = nameof(IsOracleMissing))]
    [InlineData("PKCS#1")]
    [InlineData("PKCS#8")]
    [InlineData("carriage returns")]
    [InlineData("text around")]
    [InlineData("a mark")]
    [InlineData("no last line end")]
    [InlineData("DER")]
    [InlineData("base64 of DER")]
    [InlineData("encrypted")]
    [InlineData("of another")]
    [InlineData("certificate and key in both")]
    [InlineData("key before certificate")]
    [InlineData("chain")]
    [InlineData("authority first")]
    [InlineData("as data")]
    [InlineData("no key")]
    [InlineData("no certificate")]
    [InlineData("empty key")]
    [InlineData("P-384")]
    [InlineData("P-521")]
    [InlineData("EC PARAMETERS")]
    [InlineData("EC as PKCS#8")]
    [InlineData("wrong label")]
    [InlineData("from a helper")]
    [InlineData("beside a token")]
    [InlineData("certificate twice")]
    [InlineData("key twice")]
    [InlineData("two keys")]
    [InlineData("EC under another label")]
    public async Task Connect_ClientCertificate_IsShownAsByKubectl(string form)
    {
        (byte[] certificate, byte[] key) = Form(form);
        await File.WriteAllBytesAsync(_home.Write(".kube/me.crt", ""), certificate, TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(_home.Write(".kube/me.key", ""), key, TestContext.Current.CancellationToken);
        string json = System.Text.Json.JsonSerializer.Serialize(
            new { kind = "ExecCredential", apiVersion = V1, status = new { clientCertificateData = CertificatePem, clientKeyData = Key.ExportRSAPrivateKeyPem() } });
        _home.WriteProgram(".kube/helper", $"cat '{_home.Write("printed", json)}'");

        await CompareAsync(Authority, form switch
        {
            "as data" => $"client-certificate-data: {Convert.ToBase64String(certificate)}, client-key-data: {Convert.ToBase64String(key)}",
            "certificate twice" => $"client-certificate: me.crt, client-certificate-data: {Convert.ToBase64String(certificate)}, client-key: me.key",
            "key twice" => $"client-certificate: me.crt, client-key: me.key, client-key-data: {Convert.ToBase64String(key)}",
            "no key" => "client-certificate: me.crt",
            "no certificate" => "client-key: me.key",
            "from a helper" => $"exec: {{apiVersion: {V1}, command: ./helper, interactiveMode: Never}}",
            "beside a token" => "client-certificate: me.crt, client-key: me.key, token: abc",
            _ => "client-certificate: me.crt, client-key: me.key",
        });
    }

    [Theory(Skip = KubectlOracle.Missing, SkipWhen = nameof(IsOracleMissing))]
    [InlineData("AUTHORITY", "")]
    [InlineData("", "")]
    [InlineData("insecure-skip-tls-verify: true", "")]
    [InlineData("AUTHORITY, insecure-skip-tls-verify: true", "")]
    [InlineData("certificate-authority: ca.crt", "")]
    [InlineData("certificate-authority: missing.crt", "")]
    [InlineData("certificate-authority: junk.crt", "")]
    [InlineData("certificate-authority: bundle.crt", "")]
    [InlineData("certificate-authority: missing.crt, AUTHORITY", "")]
    [InlineData("certificate-authority-data: \"\"", "")]
    [InlineData("certificate-authority-data: eA==", "")]
    [InlineData("AUTHORITY, tls-server-name: other.example", "")]
    [InlineData("AUTHORITY, tls-server-name: wrong.example", "")]
    [InlineData("insecure-skip-tls-verify: true, tls-server-name: wrong.example", "")]
    [InlineData("AUTHORITY", "/")]
    [InlineData("AUTHORITY", "/k8s/clusters/c-1")]
    [InlineData("AUTHORITY", "/k8s/")]
    [InlineData("AUTHORITY, disable-compression: true", "")]
    [InlineData("AUTHORITY, proxy-url: \"http://PROXY\"", "")]
    [InlineData("AUTHORITY, proxy-url: \"socks5://PROXY\"", "")]
    [InlineData("AUTHORITY, proxy-url: \"socks5h://PROXY\"", "")]
    [InlineData("AUTHORITY, proxy-url: \"ftp://PROXY\"", "")]
    [InlineData("AUTHORITY, proxy-url: \"PROXY\"", "")]
    [InlineData("AUTHORITY, proxy-url: \"\"", "")]
    [InlineData("AUTHORITY, proxy-url: \"http://jane:p%40ss@PROXY\"", "")]
    [InlineData("AUTHORITY, proxy-url: \"http://jane:wrong@PROXY\"", "")]
    public async Task Connect_Server_IsReachedAsByKubectl(string cluster, string path)
    {
        using KubeConfigTestProxy proxy = new(
            _server.Uri, socks: cluster.Contains("socks5", StringComparison.Ordinal), login: cluster.Contains("jane:", StringComparison.Ordinal) ? "jane:p@ss" : null);
        using X509Certificate2 other = KubeConfigTestCertificates.CreateAuthority("other");
        _home.Write(".kube/ca.crt", _root.ExportCertificatePem());
        _home.Write(".kube/junk.crt", "junk");
        _home.Write(".kube/bundle.crt", $"{other.ExportCertificatePem()}\n# the next one\n{_root.ExportCertificatePem()}");

        await CompareAsync(cluster.Replace("AUTHORITY", Authority, StringComparison.Ordinal).Replace("PROXY", proxy.Address, StringComparison.Ordinal), "token: abc", path, () =>
        {
            string asked = string.Join(',', proxy.Asked.Distinct());
            proxy.Asked.Clear();
            return asked;
        });
    }

    private static string Pem(ECDsa key, bool withParameters) =>
        (withParameters ? "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n" : "") + key.ExportECPrivateKeyPem();

    private (byte[] Certificate, byte[] Key) Form(string form)
    {
        byte[] Text(string text) => Encoding.UTF8.GetBytes(text);
        string pkcs1 = Key.ExportRSAPrivateKeyPem();
        switch (form)
        {
            case "PKCS#8":
                return (Text(CertificatePem), Text(Key.ExportPkcs8PrivateKeyPem()));
            case "carriage returns":
                return (Text(CertificatePem.Replace("\n", "\r\n", StringComparison.Ordinal)), Text(pkcs1.Replace("\n", "\r\n", StringComparison.Ordinal)));
            case "text around":
                return (Text($"Certificate:\n  Data: 1\n{CertificatePem}\nend\n"), Text($"Bag Attributes\n    x: y\n{pkcs1}\nend\n"));
            case "a mark":
                return (Text("\ufeff" + CertificatePem), Text("\ufeff" + pkcs1));
            case "no last line end":
                return (Text(CertificatePem.TrimEnd()), Text(pkcs1.TrimEnd()));
            case "DER":
                return (_jane.Export(X509ContentType.Cert), Key.ExportRSAPrivateKey());
            case "base64 of DER":
                return (Text(Convert.ToBase64String(_jane.Export(X509ContentType.Cert))), Text(Convert.ToBase64String(Key.ExportRSAPrivateKey())));
            case "encrypted":
                return (Text(CertificatePem), Text(Key.ExportEncryptedPkcs8PrivateKeyPem("x", new PbeParameters(PbeEncryptionAlgorithm.Aes128Cbc, HashAlgorithmName.SHA256, 1))));
            case "of another":
                using (RSA other = RSA.Create(2048))
                {
                    return (Text(CertificatePem), Text(other.ExportRSAPrivateKeyPem()));
                }

            case "certificate and key in both":
                return (Text($"{CertificatePem}\n{pkcs1}"), Text($"{CertificatePem}\n{pkcs1}"));
            case "key before certificate":
                return (Text($"{pkcs1}\n{CertificatePem}"), Text($"{pkcs1}\n{CertificatePem}"));
            case "chain":
                return (Text($"{CertificatePem}\n{_root.ExportCertificatePem()}"), Text(pkcs1));
            case "authority first":
                return (Text($"{_root.ExportCertificatePem()}\n{CertificatePem}"), Text(pkcs1));
            case "empty key":
                return (Text(CertificatePem), []);
            case "two keys":
                using (RSA other = RSA.Create(2048))
                {
                    return (Text(CertificatePem), Text($"{other.ExportRSAPrivateKeyPem()}\n{pkcs1}"));
                }

            case "P-384" or "P-521" or "EC PARAMETERS" or "EC as PKCS#8" or "EC under another label":
                using (ECDsa key = ECDsa.Create(form == "P-384" ? ECCurve.NamedCurves.nistP384 : form == "P-521" ? ECCurve.NamedCurves.nistP521 : ECCurve.NamedCurves.nistP256))
                using (X509Certificate2 own = new CertificateRequest("CN=jane", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1)))
                {
                    return (Text(own.ExportCertificatePem()), Text(form == "EC under another label" ? Pem(key, false).Replace("EC PRIVATE", "RSA PRIVATE", StringComparison.Ordinal) : form == "EC as PKCS#8" ? key.ExportPkcs8PrivateKeyPem() : Pem(key, form == "EC PARAMETERS")));
                }

            case "wrong label":
                return (Text(CertificatePem), Text(pkcs1.Replace("RSA PRIVATE KEY", "PRIVATE KEY", StringComparison.Ordinal)));
            default:
                return (Text(CertificatePem), Text(pkcs1));
        }
    }

    private async Task CompareAsync(string cluster, string user, string path = "", Func<string>? more = null)
    {
        string kubeconfig = _home.WriteConfig($"server: \"{_server.Uri.ToString().TrimEnd('/')}{path}\"{(cluster.Length > 0 ? ", " : "")}{cluster}", user);

        string? theirs = await KubectlCall.FindRefusalAsync(KubectlOracle.Find()!.Program, kubeconfig, _home.Root, TestContext.Current.CancellationToken);
        string seenOfThem = Seen(more);
        string? ours = await FindRefusalAsync();
        string seenOfUs = Seen(more);

        if (KnownDifferences.WhyCallDiffers(await File.ReadAllTextAsync(kubeconfig, TestContext.Current.CancellationToken), theirs, ours is not null) is { } reason)
        {
            // It has to differ, or the list is out of date.
            ((theirs, seenOfThem) == (ours, seenOfUs)).Should().BeFalse(reason);
            return;
        }

        string both = $"kubectl: {theirs ?? seenOfThem}\nhere: {ours ?? seenOfUs}\n";
        (ours is null).Should().Be(theirs is null, both);
        if (theirs is null)
        {
            seenOfUs.Should().Be(seenOfThem, both);
        }
    }

    private async Task<string?> FindRefusalAsync()
    {
        try
        {
            using KubeConnection connection = await _home.OpenAsync();
            await connection.Client.Version.GetCodeAsync(TestContext.Current.CancellationToken);
            return null;
        }
        catch (Exception e) when (e is DaskK8sException or HttpRequestException)
        {
            return $"{e.GetType().Name}: {e.Message}";
        }
    }

    /// <summary>Tells what the server saw of the last request, and forgets it.</summary>
    private string Seen(Func<string>? more)
    {
        KubeConfigTestRequest? last = _server.Requests.LastOrDefault();
        _server.Requests.Clear();
        return last is null ? "nothing" : string.Join('\n',
        [
            last.Path.TrimEnd('/'), $"as {last.ClientSubject}, name {last.Sni}, by {more?.Invoke()}",
            .. last.Headers.Where(h => Compared.Contains(h.Key, StringComparer.OrdinalIgnoreCase) || h.Key.StartsWith("Impersonate-Extra-", StringComparison.OrdinalIgnoreCase))
                .Select(h => $"{h.Key.ToUpperInvariant()}: {h.Value}").Order(StringComparer.Ordinal),
        ]);
    }
}
