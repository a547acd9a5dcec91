using System.Diagnostics.CodeAnalysis;

namespace DaskK8s.Interactive;

/// <summary>Provides the formatters of snapshots to .NET Interactive; see <see cref="TypeFormatterSourceAttribute"/>.</summary>
[SuppressMessage("Performance", "CA1822:Mark members as static", Justification = "Called by reflection, on instances.")]
[SuppressMessage("Performance", "CA1812:Avoid uninstantiated internal classes", Justification = "Created by reflection.")]
internal sealed class ClusterSnapshotFormatters
{
    public IEnumerable<object> CreateTypeFormatters() => [new ByMimeType(MimeTypes.Html), new ByMimeType(MimeTypes.Text)];

    private sealed class ByMimeType(string mimeType)
    {
        public string MimeType { get; } = mimeType;

        public bool Format(object instance, TextWriter writer)
        {
            if (instance is not ClusterSnapshot snapshot)
            {
                return false;
            }

            writer.Write(MimeType == MimeTypes.Html ? ClusterCard.ToHtml(snapshot) : ClusterCard.ToText(snapshot));
            return true;
        }
    }
}
