using DaskK8s.Common;
using DaskK8s.Kubernetes.Config;
using DaskK8s.Kubernetes.Credentials;

namespace DaskK8s.Tests.Kubernetes;

/// <summary>Helper output and kubeconfigs of any size, depth and content: a typed error, never a raw one and never the whole memory.</summary>
public sealed class HelperFaultTests
{
    private const string Version = "client.authentication.k8s.io/v1";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("\"token\":\"\\ud800\"")]
    [InlineData("\"token\":\"a\",\"expirationTimestamp\":\"\\udfff\"")]
    [InlineData("\"clientCertificateData\":\"\\ud800\",\"clientKeyData\":\"x\"")]
    public void Read_LoneSurrogate_IsTheHelpersFailure(string status)
    {
        string output = "{\"kind\":\"ExecCredential\",\"apiVersion\":\"" + Version + "\",\"status\":{" + status + "}}";

        Action read = () => ExecResponse.Read(output, Version, static what => new KubeCredentialException(what));

        read.Should().Throw<KubeCredentialException>().WithMessage("*not valid Unicode*");
    }

    [Fact]
    public void Read_ManyMutationsOfHelperOutput_ThrowNothingButTheHelpersFailure()
    {
        const string Ask = """{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","spec":{"interactive":false},"status":{"token":"abc\u0041", """;
        const string Rest = """ "expirationTimestamp":"2026-11-27T10:00:00Z","clientCertificateData":"-----BEGIN CERTIFICATE-----","clientKeyData":"-----BEGIN KEY-----"}}""";
        const string seed = Ask + Rest;
        Random random = new(20);
        for (int i = 0; i < 20_000; i++)
        {
            string mutated = Mutate(seed, random);
            try
            {
                ExecResponse.Read(mutated, Version, static what => new KubeCredentialException(what));
            }
            catch (KubeCredentialException)
            {
            }
            catch (Exception e)
            {
                Assert.Fail($"{e.GetType()} for {mutated}");
            }
        }
    }

    [Fact]
    public void Parse_ManyMutationsOfAKubeconfig_ThrowNothingButTheKubeconfigsFailure()
    {
        const string seed = """
            apiVersion: v1
            kind: Config
            current-context: a
            x: &x {extensions: [{name: client.authentication.k8s.io/exec, extension: {a: [1, "2", null]}}]}
            contexts: [{name: a, context: {cluster: a, user: a, namespace: default}}]
            clusters: [{name: a, cluster: {server: 'https://127.0.0.1:1', <<: *x, tls-server-name: "b", certificate-authority-data: QQ==}}]
            users: [{name: a, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: helper, args: [x], env: [{name: A, value: b}]}}}]
            """;
        Random random = new(20);
        for (int i = 0; i < 20_000; i++)
        {
            string mutated = Mutate(seed, random);
            try
            {
                KubeConfigFile.Parse("/config", mutated);
            }
            catch (KubeConfigException)
            {
            }
            catch (Exception e)
            {
                Assert.Fail($"{e.GetType()} for {mutated}");
            }
        }
    }

    [Theory]
    [InlineData("[*{0}]")]
    [InlineData("{{a: *{0}}}")]
    public void Parse_ChainOfAliases_IsRefusedBeforeItIsFollowed(string link)
    {
        System.Text.StringBuilder text = new("x0: &a0 {a: 1}\n");
        for (int i = 1; i < 20_000; i++)
        {
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"x{i}: &a{i} ")
                .AppendFormat(System.Globalization.CultureInfo.InvariantCulture, link, $"a{i - 1}").Append('\n');
        }

        Action parse = () => KubeConfigFile.Parse("/config", text.ToString());

        parse.Should().Throw<KubeConfigException>().WithMessage("*nested too deeply*");
    }

    [Fact]
    public async Task ReadAsync_EndlessFile_IsRefusedBySize()
    {
        Assert.SkipUnless(File.Exists("/dev/zero"), "Needs /dev/zero.");

        Func<Task> read = () => KubeConfigFile.ReadAsync("/dev/zero", Token);

        (await read.Should().ThrowAsync<KubeConfigException>()).WithMessage("*/dev/zero*");
        ((Action)(() => BoundedFile.ReadAllBytes("/dev/zero", 1000))).Should().Throw<IOException>();
    }

    [Fact]
    public async Task ReadAsync_PipeThatNobodyWrites_EndsWithTheCallersToken()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Needs mkfifo.");
        string pipe = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        using (System.Diagnostics.Process make = System.Diagnostics.Process.Start("mkfifo", [pipe]))
        {
            await make.WaitForExitAsync(Token);
        }

        try
        {
            using CancellationTokenSource caller = new(TimeSpan.FromMilliseconds(200));

            Func<Task> read = () => KubeConfigFile.ReadAsync(pipe, caller.Token).WaitAsync(TimeSpan.FromSeconds(30), Token);

            await read.Should().ThrowAsync<OperationCanceledException>();
        }
        finally
        {
            // Lets the thread that opens it go.
            await File.WriteAllTextAsync(pipe, "", Token);
            File.Delete(pipe);
        }
    }

    private static string Mutate(string seed, Random random)
    {
        char[] odd = ['\0', '"', '\\', '{', '}', '[', ']', ':', ',', '&', '*', '\n', '\t', ' ', '\u001b', '\ud800', '\u202e', '9', '-', '<'];
        List<char> text = [.. seed];
        for (int n = random.Next(1, 6); n > 0 && text.Count > 1; n--)
        {
            int at = random.Next(text.Count);
            switch (random.Next(4))
            {
                case 0:
                    text[at] = odd[random.Next(odd.Length)];
                    break;
                case 1:
                    text.Insert(at, odd[random.Next(odd.Length)]);
                    break;
                case 2:
                    text.RemoveRange(at, Math.Min(random.Next(1, 20), text.Count - at));
                    break;
                default:
                    text.InsertRange(random.Next(text.Count), text.GetRange(at, Math.Min(random.Next(1, 40), text.Count - at)));
                    break;
            }
        }

        return new string([.. text]);
    }
}
