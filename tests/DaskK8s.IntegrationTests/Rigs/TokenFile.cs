using k8s;

namespace DaskK8s.IntegrationTests.Rigs;

/// <summary>A kubeconfig whose token lies in a file beside it, as rotated tokens do.</summary>
internal sealed class TokenFile : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("daskk8s-token-");

    private TokenFile(string kubeconfig)
    {
        KubernetesClientConfiguration identity = KubernetesClientConfiguration.BuildConfigFromConfigFile(kubeconfig);
        Replace(kubeconfig);
        string text = File.ReadAllText(kubeconfig);
        text = text.Replace($"token: \"{identity.AccessToken}\"", $"tokenFile: {Token}", StringComparison.Ordinal);
        text = text.Replace($"token: {identity.AccessToken}", $"tokenFile: {Token}", StringComparison.Ordinal);
        text.Should().Contain("tokenFile");
        File.WriteAllText(Kubeconfig, text);
    }

    public string Kubeconfig => Path.Combine(_folder.FullName, "config");

    private string Token => Path.Combine(_folder.FullName, "token");

    public static TokenFile From(string kubeconfig) => new(kubeconfig);

    /// <summary>Puts another kubeconfig's token into the file.</summary>
    public void Replace(string kubeconfig) =>
        File.WriteAllText(Token, KubernetesClientConfiguration.BuildConfigFromConfigFile(kubeconfig).AccessToken);

    public void Dispose() => _folder.Delete(recursive: true);
}
