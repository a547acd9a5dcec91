using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

using DaskK8s.Common;
using DaskK8s.Yaml;

namespace DaskK8s.Kubernetes.Credentials;

/// <summary>The output of an <c>exec</c> helper. It is not a record, because its string form would show the token.</summary>
internal sealed partial class ExecResponse
{
    private const long MaxBytes = 1 << 20;

    /// <summary>Gets the bearer token.</summary>
    public string? Token { get; private init; }

    /// <summary>Gets the client certificate as PEM.</summary>
    public string? CertificatePem { get; private init; }

    /// <summary>Gets the client certificate's key as PEM.</summary>
    public string? KeyPem { get; private init; }

    /// <summary>Gets the time at which the credentials expire; null if it is not specified.</summary>
    public DateTimeOffset? Expiry { get; private init; }

    /// <summary>Parses the output of a helper.</summary>
    /// <param name="output">The output.</param>
    /// <param name="apiVersion">The requested protocol version.</param>
    /// <param name="failed">Creates the error from a description of the problem.</param>
    /// <returns>The credentials.</returns>
    public static ExecResponse Read(string output, string apiVersion, Func<string, Exception> failed)
    {
        using JsonDocument document = Parse(output) ?? throw failed(string.IsNullOrWhiteSpace(output) ? "it printed nothing" : "it printed something other than JSON");
        try
        {
            return Read(document.RootElement, apiVersion, failed);
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair: JSON's grammar has it, no text has.
            throw failed("it printed text that is not valid Unicode");
        }
    }

    // kubectl takes YAML as well, but what begins with a brace is JSON to it, or nothing.
    private static JsonDocument? Parse(string output)
    {
        try
        {
            return JsonDocument.Parse(output);
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            return output.AsSpan().TrimStart().StartsWith('{') ? null : ParseYaml(output);
        }
    }

    private static JsonDocument? ParseYaml(string output)
    {
        try
        {
            if (YamlReader.ReadFirst(output) is not ValueNode.Map root)
            {
                return null;
            }

            using MemoryStream buffer = new();
            using (Utf8JsonWriter json = new(buffer))
            {
                if (!ValueJson.TryWrite(json, root, MaxBytes))
                {
                    return null;
                }
            }

            return JsonDocument.Parse(buffer.ToArray());
        }
        catch (Exception e) when (e is YamlSyntaxException or JsonException or ArgumentException)
        {
            return null;
        }
    }

    private static ExecResponse Read(JsonElement root, string apiVersion, Func<string, Exception> failed)
    {
        if (root.ValueKind != JsonValueKind.Object || Meta(root, "kind") != "ExecCredential")
        {
            throw failed("it printed something other than an ExecCredential");
        }

        if (Meta(root, "apiVersion") != apiVersion)
        {
            throw failed($"it answered with another apiVersion than {apiVersion}, which the kubeconfig asks for");
        }

        if (!root.TryGetProperty("status", out JsonElement status) || status.ValueKind != JsonValueKind.Object)
        {
            throw failed("its ExecCredential has no status");
        }

        ExecResponse response = new()
        {
            Token = Text(status, "token"),
            CertificatePem = Text(status, "clientCertificateData"),
            KeyPem = Text(status, "clientKeyData"),
            Expiry = ReadExpiry(Text(status, "expirationTimestamp"), failed),
        };
        if (response.CertificatePem is null != response.KeyPem is null)
        {
            throw failed("its ExecCredential has only one of certificate and key");
        }

        return response.Token is null && response.CertificatePem is null
            ? throw failed("its ExecCredential has neither a token nor a certificate")
            : response;
    }

    private static DateTimeOffset? ReadExpiry(string? text, Func<string, Exception> failed)
    {
        if (text is null)
        {
            return null;
        }

        // .NET wants an hour of two digits, a point before parts of a second, and seven digits of them at most; Go is not so strict.
        return Rfc3339().Match(text) is { Success: true } parts
            && DateTimeOffset.TryParse($"{parts.Groups[1]}T{parts.Groups[2].Value.PadLeft(2, '0')}{parts.Groups[3]}{parts.Groups[4]}", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset expiry)
            ? expiry
            : throw failed("its expirationTimestamp is not a time such as 2026-01-31T08:00:00Z");
    }

    // The decoder of kubectl finds these two in any case; the last that is not null counts.
    private static string? Meta(JsonElement root, string field) =>
        root.EnumerateObject().LastOrDefault(p => GoJson.IsField(p.Name, field) && p.Value.ValueKind != JsonValueKind.Null).Value is { ValueKind: JsonValueKind.String } value
            ? value.GetString()
            : null;

    [GeneratedRegex(@"^([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{1,2})(:[0-9]{2}:[0-9]{2})(?:[.,][0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})\z")]
    private static partial Regex Rfc3339();

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text
            ? text
            : null;
}
