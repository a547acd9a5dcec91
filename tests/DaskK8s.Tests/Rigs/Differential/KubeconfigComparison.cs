using System.Text.Json;

using DaskK8s.Kubernetes.Config;
using DaskK8s.Yaml;

namespace DaskK8s.Tests.Rigs.Differential;

/// <summary>Compares what the library reads in a kubeconfig with what <c>kubectl config view</c> shows.</summary>
internal static class KubeconfigComparison
{
    /// <summary>Looks for differences in the entries whose names begin with a prefix.</summary>
    /// <returns>What they are; null for none.</returns>
    public static string? Differ(KubeConfigFile ours, JsonElement theirs, string prefix)
    {
        SortedDictionary<string, string> here = Read(ours, prefix);
        SortedDictionary<string, string> there = Read(theirs, prefix);
        return here.SequenceEqual(there)
            ? null
            : $"{string.Join("; ", here.Except(there).Take(3))} here, {string.Join("; ", there.Except(here).Take(3))} there";
    }

    private static SortedDictionary<string, string> Read(KubeConfigFile file, string prefix)
    {
        SortedDictionary<string, string> read = new(StringComparer.Ordinal);
        void Add(string key, string? value)
        {
            if (!string.IsNullOrEmpty(value))
            {
                read[key] = value;
            }
        }

        foreach (KubeConfigContext context in file.Contexts.Values.Where(context => context.Name.StartsWith(prefix, StringComparison.Ordinal)))
        {
            string at = $"context {context.Name} ";
            read[at] = "";
            Add($"{at}cluster", context.Cluster);
            Add($"{at}user", context.User);
            Add($"{at}namespace", context.Namespace);
        }

        foreach (KubeConfigCluster cluster in file.Clusters.Values.Where(cluster => cluster.Name.StartsWith(prefix, StringComparison.Ordinal)))
        {
            string at = $"cluster {cluster.Name} ";
            read[at] = "";
            Add($"{at}server", cluster.Server);
            Add($"{at}tls-server-name", cluster.TlsServerName);
            Add($"{at}proxy-url", cluster.ProxyUrl);
            Add($"{at}insecure-skip-tls-verify", cluster.InsecureSkipTlsVerify ? "true" : null);
            Add($"{at}disable-compression", cluster.DisableCompression ? "true" : null);
            Add($"{at}certificate-authority-data", Data(cluster.CertificateAuthorityData));
            if (cluster.ExecConfig is { } config)
            {
                using MemoryStream buffer = new();
                using (Utf8JsonWriter json = new(buffer))
                {
                    ValueJson.TryWrite(json, config.Value);
                }

                Add($"{at}exec", Canonical(JsonDocument.Parse(buffer.ToArray()).RootElement));
            }
        }

        foreach (KubeConfigUser user in file.Users.Values.Where(user => user.Name!.StartsWith(prefix, StringComparison.Ordinal)))
        {
            string at = $"user {user.Name} ";
            read[at] = "";
            Add($"{at}token", user.Token);
            Add($"{at}username", user.Username);
            Add($"{at}password", user.Password);
            Add($"{at}as", user.As);
            Add($"{at}as-uid", user.AsUid);
            Add($"{at}as-groups", string.Join('\n', user.AsGroups.Select(group => $"-{group}")));
            Add($"{at}client-certificate-data", Data(user.ClientCertificateData));
            Add($"{at}client-key-data", Data(user.ClientKeyData));
            Add($"{at}exec", user.Exec?.GetText("command")?.Replace("./", "/", StringComparison.Ordinal).Split('/')[^1]);
            Add($"{at}auth-provider", user.AuthProvider is "unnamed" ? null : user.AuthProvider);
            foreach ((string key, IReadOnlyList<string> values) in user.AsUserExtra)
            {
                Add($"{at}as-user-extra {key}", string.Join('\n', values.Select(value => $"-{value}")));
            }
        }

        return read;
    }

    private static SortedDictionary<string, string> Read(JsonElement view, string prefix)
    {
        SortedDictionary<string, string> read = new(StringComparer.Ordinal);
        foreach ((string list, string entry) in new[] { ("contexts", "context"), ("clusters", "cluster"), ("users", "user") })
        {
            if (!view.TryGetProperty(list, out JsonElement items) || items.ValueKind != JsonValueKind.Array)
            {
                continue;
            }

            foreach (JsonElement item in items.EnumerateArray().Where(item => item.GetProperty("name").GetString()!.StartsWith(prefix, StringComparison.Ordinal)))
            {
                string at = $"{entry} {item.GetProperty("name").GetString()} ";
                read[at] = "";
                foreach (JsonProperty field in item.GetProperty(entry).EnumerateObject())
                {
                    Read(read, $"{at}{field.Name}", field.Value);
                }
            }
        }

        return read;
    }

    private static void Read(SortedDictionary<string, string> read, string at, JsonElement value)
    {
        string? text = (at[(at.LastIndexOf(' ') + 1)..], value.ValueKind) switch
        {
            ("extensions", JsonValueKind.Array) => value.EnumerateArray()
                .Where(extension => extension.GetProperty("name").GetString() == "client.authentication.k8s.io/exec")
                .Select(extension => extension.GetProperty("extension") is { ValueKind: not JsonValueKind.Null } config ? Canonical(config) : null).FirstOrDefault(),
            ("exec", _) => value.TryGetProperty("command", out JsonElement command) ? command.GetString()!.Split('/')[^1] : null,
            ("auth-provider", _) => value.GetProperty("name").GetString(),
            (_, JsonValueKind.String) => value.GetString(),
            (_, JsonValueKind.True) => "true",
            (_, JsonValueKind.Array) => string.Join('\n', value.EnumerateArray().Select(item => $"-{item.GetString()}")),
            _ => null,
        };
        if (at.EndsWith(" as-user-extra", StringComparison.Ordinal) && value.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty extra in value.EnumerateObject())
            {
                Read(read, $"{at} {extra.Name}", extra.Value);
            }
        }
        else if (!string.IsNullOrEmpty(text))
        {
            read[at.Replace("extensions", "exec", StringComparison.Ordinal)] = text;
        }
    }

    private static string? Data(string? base64)
    {
        try
        {
            return base64 is null ? null : Convert.ToBase64String(Convert.FromBase64String(base64));
        }
        catch (FormatException)
        {
            return "no base64";
        }
    }

    // Numbers as numbers, and keys in one order.
    private static string Canonical(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => $"{{{string.Join(',', value.EnumerateObject().OrderBy(entry => entry.Name, StringComparer.Ordinal).Select(entry => $"{entry.Name}:{Canonical(entry.Value)}"))}}}",
        JsonValueKind.Array => $"[{string.Join(',', value.EnumerateArray().Select(Canonical))}]",
        JsonValueKind.Number => GoNumber.Format(value.GetDouble()),
        _ => value.GetRawText(),
    };
}
