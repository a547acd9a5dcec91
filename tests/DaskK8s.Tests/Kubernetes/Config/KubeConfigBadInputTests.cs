using System.Security.Cryptography.X509Certificates;

using DaskK8s.Kubernetes;
using DaskK8s.Kubernetes.Config;
using DaskK8s.Tests.Rigs.Kubernetes;

namespace DaskK8s.Tests.Kubernetes.Config;

/// <summary>What a wrong configuration is answered with: what, where, and nothing secret.</summary>
public sealed class KubeConfigBadInputTests : IDisposable
{
    private const string Secret = "S3CR3T";
    private readonly KubeConfigTestHome _home = new();

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task OpenAsync_UnknownContext_ListsThoseThereAre()
    {
        string path = _home.Write(".kube/config", """
            current-context: b
            contexts:
            - {name: b, context: {cluster: c}}
            - {name: a, context: {cluster: c}}
            """);

        KubeConfigException error = await OpenAsync(_home.Options with { Context = "production" });

        error.Message.Should().Contain("The context 'production' is not in the kubeconfig").And.Contain(path).And.Contain("There are: a, b.");
        error.Context.Should().Be("production");
        error.KnownContexts.Should().Equal("a", "b");
        error.Path.Should().Be(path);
    }

    [Fact]
    public async Task OpenAsync_CurrentContextNotThere_SaysWhoNamesIt()
    {
        _home.Write(".kube/config", "current-context: gone\ncontexts: [{name: a, context: {cluster: c}}]\n");

        (await OpenAsync()).Message.Should().Contain("'gone', which 'current-context' names,").And.Contain("There are: a.");
    }

    [Fact]
    public async Task OpenAsync_NoCurrentContext_ListsThoseThereAre()
    {
        _home.Write(".kube/config", "contexts: [{name: a, context: {cluster: c}}]\n");

        KubeConfigException error = await OpenAsync();

        error.Message.Should().Contain("no 'current-context'").And.Contain("name one of: a");
        error.KnownContexts.Should().Equal("a");
    }

    [Fact]
    public async Task OpenAsync_NothingFound_SaysWhereItLooked()
    {
        KubeConfigException home = await OpenAsync();
        home.SearchedPlaces.Should().Equal(Path.Combine(_home.Root, ".kube", "config"), Path.Combine(_home.Root, "serviceaccount"));
        home.Message.Should().Contain(home.SearchedPlaces[0]);

        _home.Variables["KUBECONFIG"] = $"{_home.Root}/a{Path.PathSeparator}{_home.Root}/b";
        (await OpenAsync()).SearchedPlaces.Should().StartWith([$"{_home.Root}/a", $"{_home.Root}/b"]);

        KubeConfigException path = await OpenAsync(_home.Options with { KubeconfigPath = $"{_home.Root}/c" });
        path.Path.Should().Be($"{_home.Root}/c");
        path.SearchedPlaces.Should().Equal($"{_home.Root}/c");
    }

    [Theory]
    [InlineData("Kind: Secret", true)]
    [InlineData("KIND: Config", false)]
    [InlineData("kind: Config\nKind: Secret", false)]
    [InlineData("kind: Secret\nKind: Config", true)]
    [InlineData("Kind: Secret\nkind: ~", true)]
    [InlineData("Kind: Secret\nkind: ''", false)]
    [InlineData("apiversion: v2", true)]
    [InlineData("\u212aind: Secret", true)]
    [InlineData("apiVer\u017fion: v2", true)]
    [InlineData("Clusters: Secret", false)]
    public async Task OpenAsync_KindInAnyCase_IsReadAsByKubectl(string meta, bool isRefused)
    {
        _home.Write(".kube/config", $"{meta}\ncurrent-context: gone\n");

        (await OpenAsync()).Message.Should().Contain(isRefused ? "it is not a kubeconfig" : "'gone'");
    }

    [Theory]
    [InlineData("contexts:\n- name: [S3CR3T", 2)]
    [InlineData("current-context: a\nusers:\n- name: x\n  user: {token: \"S3CR3T", 4)]
    [InlineData("users:\n\t- S3CR3T", 2)]
    [InlineData("S3CR3T", 1)]
    [InlineData("clusters: S3CR3T", 1)]
    [InlineData("clusters:\n- S3CR3T", 2)]
    [InlineData("clusters:\n- name: a\n  cluster:\n    insecure-skip-tls-verify: S3CR3T", 4)]
    [InlineData("users:\n- name: a\n  user: {token: [S3CR3T]}", 3)]
    [InlineData("users:\n- name: a\n- name: a\n  user: {token: S3CR3T}", 3)]
    [InlineData("users:\n- name: a\n  user: {token: 12345}", 3)]
    [InlineData("clusters:\n- name: a\n  cluster:\n    server: yes", 4)]
    [InlineData("clusters:\n- name: a\n  cluster:\n    insecure-skip-tls-verify: \"true\"", 4)]
    [InlineData("kind: Secret\nusers: []", 1)]
    [InlineData("contexts:\n- context: {cluster: S3CR3T}\n- context: {cluster: S3CR3T}", 3)]
    [InlineData("users: *S3CR3T", 1)]
    [InlineData("? {a: S3CR3T}\n: x", 1)]
    public async Task OpenAsync_MalformedFile_SaysLineAndColumnAndNotTheContent(string content, int line)
    {
        string path = _home.Write(".kube/config", content);

        KubeConfigException error = await OpenAsync();

        error.Line.Should().Be(line);
        error.Column.Should().BePositive();
        error.Message.Should().Contain(path).And.Contain($"line {line}, column {error.Column}");
        error.Path.Should().Be(path);
    }

    [Theory]
    [InlineData("command: S3CR3T", "no 'apiVersion'")]
    [InlineData("apiVersion: client.authentication.k8s.io/v1alpha1, command: S3CR3T", "apiVersion other than")]
    [InlineData("apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never", "no 'command'")]
    [InlineData("apiVersion: client.authentication.k8s.io/v1, command: S3CR3T", "must set 'interactiveMode'")]
    [InlineData("apiVersion: client.authentication.k8s.io/v1, interactiveMode: S3CR3T, command: S3CR3T", "must be Never, IfAvailable or Always")]
    [InlineData("apiVersion: client.authentication.k8s.io/v1beta1, command: S3CR3T, env: [{value: S3CR3T}]", "has no 'name'")]
    [InlineData("apiVersion: client.authentication.k8s.io/v1beta1, command: S3CR3T, args: [[S3CR3T]]", "only strings")]
    public async Task OpenAsync_BadHelper_IsMalformedWhereItIsUsedOnly(string exec, string expected)
    {
        _home.Write(".kube/config", $$"""
            current-context: used
            contexts:
            - {name: used, context: {cluster: c, user: u} }
            - {name: unused, context: {cluster: c} }
            clusters: [{name: c, cluster: {server: "http://a"} }]
            users:
            - name: u
              user: {exec: { {{exec}} } }
            """);

        KubeConfigException error = await OpenAsync();
        using KubeConnection other = await KubeConnectionFactory.OpenAsync(_home.Options with { Context = "unused" }, TestContext.Current.CancellationToken);

        error.Message.Should().Contain(expected);
        error.Line.Should().Be(8);
    }

    [Theory]
    [InlineData("")]
    [InlineData("# nothing\n")]
    [InlineData("---\n")]
    [InlineData("null")]
    public async Task OpenAsync_EmptyFile_SaysThatThereIsNoContext(string content)
    {
        _home.Write(".kube/config", content);

        (await OpenAsync()).Message.Should().Contain("has no contexts at all");
    }

    [Fact]
    public async Task OpenAsync_DeepNesting_IsMalformed()
    {
        _home.Write(".kube/config", $"users: {new string('[', 5000)}");

        (await OpenAsync()).Message.Should().Contain("malformed at line 1");
    }

    [Fact]
    public async Task OpenAsync_RandomBytes_IsNothingButMalformed()
    {
        Random random = new(1);
        byte[] good = System.Text.Encoding.UTF8.GetBytes(KubeConfigTestHome.Config("server: http://a", "token: abc"));
        for (int round = 0; round < 300; round++)
        {
            byte[] bytes = [.. good];
            for (int change = random.Next(1, 20); change > 0; change--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            await File.WriteAllBytesAsync(_home.Write(".kube/config", ""), bytes[..random.Next(bytes.Length + 1)], TestContext.Current.CancellationToken);
            try
            {
                using KubeConnection connection = await _home.OpenAsync();
            }
            catch (DaskK8sException)
            {
                // What is documented.
            }
        }
    }

    [Fact]
    public async Task OpenAsync_Directory_SaysThatItIsOne()
    {
        (await OpenAsync(_home.Options with { KubeconfigPath = _home.Root })).Message.Should().Contain("cannot be read: it is a directory");
    }

    [Fact]
    public async Task OpenAsync_MissingClusterOrUser_NamesThoseThereAre()
    {
        _home.Write(".kube/config", """
            current-context: x
            contexts:
            - {name: x, context: {cluster: gone, user: gone}}
            - {name: "y", context: {cluster: c, user: gone}}
            - {name: z, context: {user: u}}
            clusters: [{name: c, cluster: {server: http://a}}]
            users: [{name: u, user: {}}]
            """);

        (await OpenAsync()).Message.Should().Contain("The context 'x'").And.Contain("the cluster 'gone', which does not exist. There are: c.");
        (await OpenAsync(_home.Options with { Context = "y" })).Message.Should().Contain("the user 'gone', which does not exist. There are: u.");
        (await OpenAsync(_home.Options with { Context = "z" })).Message.Should().Contain("names no cluster");
    }

    [Theory]
    [InlineData("", "'server' is missing")]
    [InlineData("server: \"ftp://S3CR3T\"", "'server' is not a URL")]
    [InlineData("server: \"https://me:S3CR3T@host\"", "'server' is not a URL")]
    [InlineData("server: \"https://\"", "'server' is not a URL")]
    [InlineData("server: \"https://a\", certificate-authority-data: S3CR3T!", "'certificate-authority-data' is not valid base64")]
    [InlineData("server: \"https://a\", certificate-authority-data: UzNDUjNU", "'certificate-authority-data' contains no certificate in PEM format")]
    [InlineData("server: \"https://a\", certificate-authority: missing.crt", "missing.crt' cannot be read: there is no such file")]
    [InlineData("server: \"https://a\", certificate-authority: token", "token' contains no certificate")]
    [InlineData("server: \"https://a\", certificate-authority: broken.crt", "broken.crt' contains")]
    [InlineData("server: \"https://a\", certificate-authority: a, insecure-skip-tls-verify: true", "exclude each other")]
    [InlineData("server: \"https://a\", proxy-url: \"ftp://me:S3CR3T@p\"", "'proxy-url' is not a URL")]
    [InlineData("server: \"https://a\", proxy-url: \"S3CR3T\"", "'proxy-url' is not a URL")]
    public async Task OpenAsync_BadCluster_SaysWhichEntry(string cluster, string expected)
    {
        string path = _home.WriteConfig(cluster, "");
        _home.Write(".kube/token", Secret);
        _home.Write(".kube/broken.crt", $"-----BEGIN CERTIFICATE-----\n{KubeConfigTestCertificates.Base64(Secret)}\n-----END CERTIFICATE-----\n");

        KubeConfigException error = await OpenAsync();

        error.Message.Should().Contain(expected).And.Contain("'here'");
        error.Path.Should().Match(value => value == path || value.EndsWith("missing.crt"));
    }

    [Theory]
    [InlineData("auth-provider: {name: gcp, config: {access-token: S3CR3T}}", "legacy auth-provider 'gcp' is used, which kubectl dropped in 1.26")]
    [InlineData("auth-provider: {name: azure}", "legacy auth-provider 'azure' is used, which kubectl dropped in 1.26")]
    [InlineData("auth-provider: {name: openstack}", "auth-provider 'openstack' is used, which this library does not support")]
    [InlineData("auth-provider: {name: oidc, config: {idp-issuer-url: a, client-id: b, refresh-token: S3CR3T}}", "no 'id-token', and this library does not support getting one")]
    [InlineData("auth-provider: {name: oidc, config: {id-token: a}}, exec: {command: x}", "only one authentication method")]
    [InlineData("as: jane, as-groups: [developers, S3CR3T]", "not supported by this library")]
    [InlineData("as: jane, as-user-extra: {scopes: [view, S3CR3T]}", "not supported by this library")]
    [InlineData("token: S3CR3T, username: a, password: S3CR3T", "both a token and a username")]
    [InlineData("as-groups: [S3CR3T]", "is set without 'as'")]
    [InlineData("as: \"a\\nS3CR3T\"", "line break")]
    [InlineData("client-certificate-data: S3CR3T!", "'client-certificate-data' is not valid base64")]
    [InlineData("client-certificate-data: UzNDUjNU", "neither 'client-key' nor 'client-key-data'")]
    [InlineData("client-certificate-data: UzNDUjNU, client-key-data: UzNDUjNU", "'client-certificate' contains no certificate")]
    [InlineData("client-certificate: missing.crt, client-key: k", "missing.crt' cannot be read: there is no such file")]
    public async Task OpenAsync_BadUser_SaysWhichEntry(string user, string expected)
    {
        _home.WriteConfig("server: \"https://a\"", user);

        (await OpenAsync()).Message.Should().Contain(expected).And.Contain("'me'");
    }

    [Fact]
    public async Task OpenAsync_KeyOfAnotherCertificate_SaysSo()
    {
        using X509Certificate2 root = KubeConfigTestCertificates.CreateAuthority("root");
        using X509Certificate2 one = KubeConfigTestCertificates.CreateClient(root, "one");
        using X509Certificate2 two = KubeConfigTestCertificates.CreateClient(root, "two");
        _home.Write(".kube/one.crt", one.ExportCertificatePem());
        _home.Write(".kube/two.key", KubeConfigTestCertificates.KeyPem(two));
        _home.WriteConfig("server: \"https://a\"", "client-certificate: one.crt, client-key: two.key");

        (await OpenAsync()).Message.Should().Contain("belongs to another certificate");
    }

    [Fact]
    public async Task OpenAsync_EncryptedKey_SaysSo()
    {
        using X509Certificate2 root = KubeConfigTestCertificates.CreateAuthority("root");
        using X509Certificate2 one = KubeConfigTestCertificates.CreateClient(root, "one");
        _home.Write(".kube/one.crt", one.ExportCertificatePem());
        _home.Write(".kube/one.key", one.GetRSAPrivateKey()!.ExportEncryptedPkcs8PrivateKeyPem(
            Secret, new System.Security.Cryptography.PbeParameters(System.Security.Cryptography.PbeEncryptionAlgorithm.Aes128Cbc, System.Security.Cryptography.HashAlgorithmName.SHA256, 1)));
        _home.WriteConfig("server: \"https://a\"", "client-certificate: one.crt, client-key: one.key");

        (await OpenAsync()).Message.Should().Contain("is encrypted");
    }

    [Theory]
    [InlineData("tokenFile: missing", "there is no such file")]
    [InlineData("tokenFile: empty", "is empty")]
    [InlineData("tokenFile: odd", "not allowed in a header")]
    [InlineData("token: \"S3CR3T with spaces\"", "not allowed in a header")]
    public async Task OpenAsync_BadToken_ThrowsCredentialException(string user, string expected)
    {
        _home.Write(".kube/empty", " \n");
        _home.Write(".kube/odd", "S3CR3T\nS3CR3T");
        _home.WriteConfig("server: \"https://a\"", user);
        Func<Task> open = () => _home.OpenAsync();

        KubeCredentialException error = (await open.Should().ThrowAsync<KubeCredentialException>()).Which;

        error.ToString().Should().Contain(expected).And.NotContain(Secret);
        error.User.Should().Be("me");
    }

    private Task<KubeConfigException> OpenAsync() => OpenAsync(_home.Options);

    private static async Task<KubeConfigException> OpenAsync(KubeConfigOptions options)
    {
        Func<Task> open = () => KubeConnectionFactory.OpenAsync(options, TestContext.Current.CancellationToken);
        KubeConfigException error = (await open.Should().ThrowAsync<KubeConfigException>()).Which;
        error.ToString().Should().NotContain(Secret);
        return error;
    }

    [Fact]
    public async Task OpenAsync_Ed25519Key_IsNotCalledBroken()
    {
        // Made by OpenSSL for CN=jane; .NET cannot make one.
        const string certificate = """
            -----BEGIN CERTIFICATE-----
            MIIBNDCB56ADAgECAhQg98KD1No/Q5XWOpJnMYgZEZ+iTTAFBgMrZXAwDzENMAsG
            A1UEAwwEamFuZTAgFw0yNjExMjcyMTU3MjlaGA8yMTI2MTEwMzIxNTcyOVowDzEN
            MAsGA1UEAwwEamFuZTAqMAUGAytlcAMhAJc1xol4hHN7kEXkYe/DV8MFWX/6EL25
            98w1/VLi8zvEo1MwUTAdBgNVHQ4EFgQUgizYdmzO26CeZxnOq0M+qNgCw4wwHwYD
            VR0jBBgwFoAUgizYdmzO26CeZxnOq0M+qNgCw4wwDwYDVR0TAQH/BAUwAwEB/zAF
            BgMrZXADQQD9RxKY+Hvdrs0KnO9hCqVxcVCHODYPAZiGKHt8arplj7/p8OkYvk0z
            Dmzpz/5xXm/ibVmuLvqkXedPknDbkvgC
            -----END CERTIFICATE-----
            """;
        const string key = """
            -----BEGIN PRIVATE KEY-----
            MC4CAQAwBQYDK2VwBCIEIJTfq/yICN0BGPQSX2TwhQqsSjoRyA0xeJ6t7YkrrrVm
            -----END PRIVATE KEY-----
            """;
        _home.Write(".kube/me.crt", certificate);
        _home.Write(".kube/me.key", key);
        _home.WriteConfig("server: \"https://a\"", "client-certificate: me.crt, client-key: me.key");

        (await OpenAsync()).Message.Should().Contain("Ed25519, which .NET's TLS cannot use").And.Contain("RSA or ECDSA");
    }
}
