using System.Text.Json.Nodes;

namespace DaskK8s.Testing.Releases;

/// <summary>One object of a manifest and the template that it comes from.</summary>
internal sealed record ManifestPart(string Template, JsonObject Object);
