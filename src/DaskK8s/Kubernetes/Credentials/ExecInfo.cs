using System.Text;
using System.Text.Json;

using DaskK8s.Common;
using DaskK8s.Kubernetes.Config;
using DaskK8s.Yaml;

namespace DaskK8s.Kubernetes.Credentials;

/// <summary>Writes the input of an <c>exec</c> helper (<c>KUBERNETES_EXEC_INFO</c>; Kubernetes, "client-go credential plugins").</summary>
internal static class ExecInfo
{
    private const long MaxConfig = 1 << 20;

    /// <summary>Returns the input.</summary>
    /// <param name="exec">The helper.</param>
    /// <param name="cluster">The cluster, included if the helper requests it.</param>
    /// <param name="isInteractive">Whether the helper may read from the terminal.</param>
    /// <returns>An <c>ExecCredential</c> as JSON.</returns>
    public static string Write(KubeConfigExec exec, KubeConfigCluster cluster, bool isInteractive)
    {
        using MemoryStream buffer = new();
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            json.WriteString("kind", "ExecCredential");
            json.WriteString("apiVersion", exec.ApiVersion);
            json.WriteStartObject("spec");
            json.WriteBoolean("interactive", isInteractive);
            if (exec.ProvideClusterInfo)
            {
                WriteCluster(json, cluster);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static void WriteCluster(Utf8JsonWriter json, KubeConfigCluster cluster)
    {
        json.WriteStartObject("cluster");
        WriteText(json, "server", cluster.Server);
        WriteText(json, "tls-server-name", cluster.TlsServerName);
        if (cluster.InsecureSkipTlsVerify)
        {
            json.WriteBoolean("insecure-skip-tls-verify", true);
        }

        WriteText(json, "certificate-authority-data", Authority(cluster));
        WriteText(json, "proxy-url", cluster.ProxyUrl);
        if (cluster.DisableCompression)
        {
            json.WriteBoolean("disable-compression", true);
        }

        if (cluster.ExecConfig is not null)
        {
            json.WritePropertyName("config");
            if (!ValueJson.TryWrite(json, cluster.ExecConfig.Value, MaxConfig))
            {
                throw cluster.ExecConfig.Mistake("it is larger than 1 MiB once its aliases are written out");
            }
        }

        json.WriteEndObject();
    }

    private static string? Authority(KubeConfigCluster cluster)
    {
        try
        {
            return cluster.CertificateAuthorityData is { } data
                ? Convert.ToBase64String(Convert.FromBase64String(data))
                : cluster.CertificateAuthority is { } path ? Convert.ToBase64String(BoundedFile.ReadAllBytes(path, BoundedFile.MaxKeyBytes)) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw KubeConfigErrors.Unreadable($"'certificate-authority' of the cluster '{cluster.Name}',", cluster.CertificateAuthority!, e);
        }
    }

    private static void WriteText(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }
}
