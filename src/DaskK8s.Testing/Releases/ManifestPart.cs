using System.Text.Json.Nodes;

namespace DaskK8s.Testing.Releases;

/// <summary>One object of a manifest and the template that it comes from.</summary>
internal sealed record ManifestPart(string Template, JsonObject Object)
{
    /// <summary>Gets the folder of the template's chart, including those of its parent charts.</summary>
    public string Folder { get; init; } = "dask";
}
