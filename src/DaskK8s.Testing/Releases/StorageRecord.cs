using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using DaskK8s.Testing.Storage;

namespace DaskK8s.Testing.Releases;

/// <summary>Writes a revision of a release as Helm stores it.</summary>
internal static class StorageRecord
{
    public const string SecretType = "helm.sh/release.v1";

    public static string Name(DaskRelease release, int revision) => $"sh.helm.release.v1.{release.Name}.v{revision.ToString(CultureInfo.InvariantCulture)}";

    public static Dictionary<string, string> Labels(DaskRelease release, int revision, string status) => new()
    {
        ["modifiedAt"] = DateTimeOffset.UtcNow.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
        ["name"] = release.Name,
        ["owner"] = "helm",
        ["status"] = status,
        ["version"] = revision.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>Encodes the record's JSON with gzip and base64; a Secret adds its own base64.</summary>
    public static string Encode(JsonObject record)
    {
        using MemoryStream buffer = new();
        using (GZipStream gzip = new(buffer, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            gzip.Write(Json.ToUtf8(record));
        }

        return Convert.ToBase64String(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    public static JsonObject Decode(string text)
    {
        using MemoryStream buffer = new(Convert.FromBase64String(text));
        using GZipStream gzip = new(buffer, CompressionMode.Decompress);
        return (JsonObject)JsonNode.Parse(gzip)!;
    }

    public static JsonObject Create(DaskRelease release, int revision, string status, string description, DateTimeOffset first)
    {
        JsonObject defaults = ChartValues.AllDefaults(release);
        JsonObject config = ChartValues.AllConfig(release);
        IReadOnlyList<ManifestPart> parts = ChartValues.AllParts(release);
        JsonObject info = new()
        {
            ["first_deployed"] = Time(first),
            ["last_deployed"] = Time(DateTimeOffset.UtcNow),
        };
        if (release.HelmVersion < 4)
        {
            info["deleted"] = string.Empty;
        }

        info["description"] = description;
        info["status"] = status;
        info["notes"] = $"Thank you for installing DASK, released at name: {release.Name}.\n";
        JsonObject record = new()
        {
            ["name"] = release.Name,
            ["info"] = info,
            ["chart"] = Chart(release, defaults),
            ["config"] = config,
            ["manifest"] = Manifest.Text(parts),
            ["version"] = revision,
            ["namespace"] = release.Namespace,
        };
        if (release.HelmVersion >= 4)
        {
            record["apply_method"] = "ssa";
        }

        return record;
    }

    private static JsonObject Chart(DaskRelease release, JsonObject defaults) => new()
    {
        ["metadata"] = new JsonObject
        {
            ["name"] = release.Subchart.Count > 0 ? release.UmbrellaName : release.ChartName,
            ["home"] = "https://dask.org",
            ["version"] = release.Subchart.Count > 0 ? "1.0.0" : release.ChartVersion,
            ["description"] = "Distributed computation in Python with task scheduling",
            ["apiVersion"] = "v1",
            ["appVersion"] = release.ChartVersion,
        },
        ["lock"] = null,
        ["templates"] = new JsonArray(new JsonObject
        {
            ["name"] = "templates/NOTES.txt",
            ["data"] = Convert.ToBase64String(Encoding.UTF8.GetBytes("Thank you for installing DASK.\n")),
        }),
        ["values"] = defaults.DeepClone(),
        ["schema"] = null,
        ["files"] = new JsonArray(),
    };

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff", CultureInfo.InvariantCulture) + "00Z";
}
