using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

using DaskK8s.Helm.Records;

namespace DaskK8s.Tests.Rigs.Helm;

/// <summary>Makes release records of every shape.</summary>
internal static class TestRecord
{
    public const string ObjectName = "sh.helm.release.v1.tea.v1";

    public static JsonObject Json(string manifest = "", string? config = null, string? defaults = null, string chart = "dask") => new()
    {
        ["name"] = "tea",
        ["info"] = new JsonObject
        {
            ["first_deployed"] = "2026-11-23T12:01:41.121855705Z",
            ["last_deployed"] = "2026-11-23T14:01:59.455591476+02:00",
            ["deleted"] = "",
            ["description"] = "Install complete",
            ["status"] = "deployed",
            ["notes"] = "Thank you",
        },
        ["chart"] = new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = chart, ["version"] = "2025.11.0", ["appVersion"] = "2025.11.0", ["maintainers"] = new JsonArray(new JsonObject { ["name"] = "somebody" }) },
            ["lock"] = null,
            ["templates"] = new JsonArray(new JsonObject { ["name"] = "templates/x.yaml", ["data"] = "e30K" }),
            ["values"] = JsonNode.Parse(defaults ?? """{"worker":{"name":"worker","replicas":3},"additional_worker_groups":[]}"""),
            ["schema"] = null,
            ["files"] = new JsonArray(),
        },
        ["config"] = config is null ? null : JsonNode.Parse(config),
        ["manifest"] = manifest,
        ["hooks"] = new JsonArray(new JsonObject { ["name"] = "a hook", ["manifest"] = "not ours" }),
        ["version"] = 1,
        ["namespace"] = "h4",
    };

    public static ReleaseRecord Decode(JsonNode json, ReleaseDecoderLimits? limits = null) =>
        ReleaseRecordDecoder.Decode(ObjectName, "h4", Base64(Gzip(Utf8(json))), limits);

    public static byte[] Utf8(JsonNode json) => JsonSerializer.SerializeToUtf8Bytes(json);

    public static byte[] Gzip(ReadOnlySpan<byte> bytes)
    {
        using MemoryStream stream = new();
        using (GZipStream gzip = new(stream, CompressionLevel.Optimal))
        {
            gzip.Write(bytes);
        }

        return stream.ToArray();
    }

    public static byte[] Base64(ReadOnlySpan<byte> bytes) => Encoding.ASCII.GetBytes(Convert.ToBase64String(bytes));
}
