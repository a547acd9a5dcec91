using System.Text;
using System.Text.Json;

using DaskK8s.Dask.Tasks;
using DaskK8s.Helm.Records;

namespace DaskK8s.Tests.Rigs.Helm;

/// <summary>Finds releases that Helm itself wrote, where the workplace has them beside the repository.</summary>
internal static class SharedReleases
{
    public static string? Folder { get; } = Find();

    public static IEnumerable<string> All => Folder is null
        ? []
        : Directory.GetDirectories(Folder).Order(StringComparer.Ordinal).Select(folder => Path.GetFileName(folder)!);

    public static IReadOnlyList<(ReleaseEntry Entry, ReleaseRecord Record)> Decode(string folder)
    {
        List<(ReleaseEntry, ReleaseRecord)> records = [];
        foreach (var line in File.ReadLines(Path.Combine(Folder!, folder, "release-storage.jsonl")))
        {
            using var item = JsonDocument.Parse(line);
            JsonElement metadata = item.RootElement.GetProperty("metadata");
            var name = metadata.GetProperty("name").GetString()!;
            var inNamespace = metadata.GetProperty("namespace").GetString();
            Dictionary<string, string> labels = metadata.GetProperty("labels").Deserialize<Dictionary<string, string>>()!;
            ReleaseEntry.TryCreate(name, labels, out ReleaseEntry? entry).Should().BeTrue();
            JsonElement data = item.RootElement.GetProperty("data").GetProperty("release");
            records.Add((entry, item.RootElement.GetProperty("kind").GetString() == "Secret"
                ? ReleaseRecordDecoder.Decode(name, inNamespace, data.GetBytesFromBase64())
                : ReleaseRecordDecoder.Decode(name, inNamespace, data.GetString()!)));
        }

        return records;
    }

    public static JsonDocument Objects(string folder) => JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder!, folder, "objects.json"), Encoding.UTF8));

    private static string? Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "DaskK8s.sln")))
            {
                // A work tree of git stands one folder deeper than the repository does.
                return new[] { "../shared/releases", "../../shared/releases" }
                    .Select(path => Path.GetFullPath(path, folder.FullName))
                    .FirstOrDefault(Directory.Exists);
            }
        }

        return null;
    }
}
