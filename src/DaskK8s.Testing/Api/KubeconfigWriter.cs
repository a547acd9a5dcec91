using System.Text;

namespace DaskK8s.Testing.Api;

/// <summary>Writes kubeconfig files.</summary>
internal static class KubeconfigWriter
{
    public static string Text(Uri server, string authorityPem, string user, string token, string inNamespace) =>
        $"""
        apiVersion: v1
        kind: Config
        clusters:
        - name: embedded
          cluster:
            server: {server.GetLeftPart(UriPartial.Authority)}
            certificate-authority-data: {Convert.ToBase64String(Encoding.ASCII.GetBytes(authorityPem))}
        contexts:
        - name: embedded
          context:
            cluster: embedded
            user: "{user}"
            namespace: {inNamespace}
        current-context: embedded
        preferences: {"{}"}
        users:
        - name: "{user}"
          user:
            token: {token}

        """;

    public static string Write(string directory, string name, string text)
    {
        string path = Path.Combine(directory, name);
        FileStreamOptions options = new() { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using StreamWriter writer = new(path, options);
        writer.Write(text);
        return path;
    }
}
