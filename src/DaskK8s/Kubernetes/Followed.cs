using System.Collections.Immutable;
using System.Globalization;

namespace DaskK8s.Kubernetes;

/// <summary>A collection as a watch has it.</summary>
/// <param name="Items">The objects by uid.</param>
/// <param name="Version">The version of the last change in it; 0 where the server does not write numbers.</param>
internal sealed record Followed<T>(ImmutableDictionary<string, T> Items, ulong Version);

/// <summary>Reads versions of collections.</summary>
internal static class Followed
{
    /// <summary>Returns a version as a number, by which those of one collection can be compared; 0 for what is none.</summary>
    public static ulong VersionOf(string? version) => ulong.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) ? number : 0;
}
