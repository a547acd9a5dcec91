namespace DaskK8s.Kubernetes.Config;

/// <summary>Converts kubeconfig nodes to typed entries; the keys are those of client-go's <c>clientcmd/api/v1</c>.</summary>
internal static class KubeConfigReader
{
    private const string ExecExtension = "client.authentication.k8s.io/exec";

    /// <summary>Reads a context.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="node">The content of <c>context</c>.</param>
    /// <returns>The context.</returns>
    public static KubeConfigContext ReadContext(string name, KubeConfigNode node)
    {
        CheckExtensions(node);
        return new(name, node.Path, node.GetText("cluster"), node.GetText("user"), node.GetText("namespace"));
    }

    /// <summary>Reads a cluster.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="node">The content of <c>cluster</c>.</param>
    /// <returns>The cluster.</returns>
    public static KubeConfigCluster ReadCluster(string name, KubeConfigNode node) => new()
    {
        Name = name,
        Source = node.Path,
        Server = node.GetText("server"),
        TlsServerName = node.GetText("tls-server-name"),
        InsecureSkipTlsVerify = node.GetFlag("insecure-skip-tls-verify"),
        CertificateAuthority = GetPath(node, "certificate-authority"),
        CertificateAuthorityData = node.GetText("certificate-authority-data"),
        ProxyUrl = node.GetText("proxy-url"),
        DisableCompression = node.GetFlag("disable-compression"),
        ExecConfig = node.GetItems("extensions")
            .Where(extension => extension.GetText("name") == ExecExtension)
            .Select(extension => extension.TryGet("extension", out KubeConfigNode? value) ? value : null)
            .FirstOrDefault(),
    };

    /// <summary>Reads a user.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="node">The content of <c>user</c>.</param>
    /// <returns>The user.</returns>
    public static KubeConfigUser ReadUser(string name, KubeConfigNode node)
    {
        CheckExtensions(node);
        KubeConfigNode? provider = node.TryGet("auth-provider", out KubeConfigNode? found) ? found : null;
        KubeConfigNode? settings = provider?.TryGet("config", out KubeConfigNode? config) == true ? config : null;
        return new()
        {
            Name = name,
            Source = node.Path,
            Token = node.GetText("token"),
            TokenFile = GetPath(node, "tokenFile"),
            Username = node.GetText("username"),
            Password = node.GetText("password"),
            ClientCertificate = GetPath(node, "client-certificate"),
            ClientCertificateData = node.GetText("client-certificate-data"),
            ClientKey = GetPath(node, "client-key"),
            ClientKeyData = node.GetText("client-key-data"),
            Exec = node.TryGet("exec", out KubeConfigNode? exec) ? exec : null,
            AuthProvider = provider is null ? null : provider.GetText("name") ?? "unnamed",
            IdToken = settings?.GetText("id-token"),
            IssuerUrl = settings?.GetText("idp-issuer-url"),
            ClientId = settings?.GetText("client-id"),
            As = node.GetText("as"),
            AsUid = node.GetText("as-uid"),
            AsGroups = node.GetTexts("as-groups"),
            AsUserExtra = node.TryGet("as-user-extra", out KubeConfigNode? extra)
                ? ReadExtra(extra)
                : new Dictionary<string, IReadOnlyList<string>>(),
        };
    }

    /// <summary>Reads a helper program.</summary>
    /// <param name="node">The content of <c>exec</c>.</param>
    /// <returns>The helper.</returns>
    public static KubeConfigExec ReadExec(KubeConfigNode node)
    {
        string apiVersion = node.GetText("apiVersion") ?? throw node.Mistake("'exec' has no 'apiVersion'");
        if (apiVersion is not (KubeConfigExec.V1 or KubeConfigExec.V1Beta1))
        {
            throw node.Mistake($"'exec' has an apiVersion other than {KubeConfigExec.V1} and {KubeConfigExec.V1Beta1}");
        }

        string command = node.GetText("command") ?? throw node.Mistake("'exec' has no 'command'");
        string? mode = node.GetText("interactiveMode");
        if (mode is null && apiVersion == KubeConfigExec.V1)
        {
            throw node.Mistake($"'exec' of {KubeConfigExec.V1} must set 'interactiveMode': Never, IfAvailable or Always");
        }

        if (mode is not (null or "Never" or "IfAvailable" or "Always"))
        {
            throw node.Mistake("'interactiveMode' must be Never, IfAvailable or Always");
        }

        return new KubeConfigExec
        {
            ApiVersion = apiVersion,
            Command = command.AsSpan().ContainsAny('/', Path.DirectorySeparatorChar) ? Resolve(node.Path, command) : command,
            Arguments = node.GetTexts("args"),
            Environment =
            [
                .. node.GetItems("env").Select(item => KeyValuePair.Create(
                    item.GetText("name") ?? throw item.Mistake("a variable of 'exec' has no 'name'"),
                    item.GetText("value") ?? "")),
            ],
            InstallHint = node.GetText("installHint"),
            ProvideClusterInfo = node.GetFlag("provideClusterInfo"),
            InteractiveMode = mode ?? "IfAvailable",
        };
    }

    /// <summary>Checks the types of extensions, which only helpers and other programs use, because kubectl rejects a file with invalid ones.</summary>
    /// <param name="node">The node with the extensions.</param>
    public static void CheckExtensions(KubeConfigNode node)
    {
        foreach (KubeConfigNode extension in node.GetItems("extensions"))
        {
            extension.GetText("name");
        }
    }

    private static Dictionary<string, IReadOnlyList<string>> ReadExtra(KubeConfigNode node)
    {
        Dictionary<string, IReadOnlyList<string>> extra = new(StringComparer.Ordinal);
        foreach (string key in node.Keys)
        {
            extra[key] = node.GetTexts(key);
        }

        return extra;
    }

    private static string? GetPath(KubeConfigNode node, string key) =>
        node.GetText(key) is { } path ? Resolve(node.Path, path) : null;

    private static string Resolve(string source, string path) =>
        Path.GetFullPath(path, Path.GetDirectoryName(source)!);
}
