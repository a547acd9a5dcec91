using System.Collections.Immutable;
using System.Globalization;

namespace DaskK8s.Kubernetes;

/// <summary>The state of a collection as observed by a watch.</summary>
/// <param name="Items">The objects by uid.</param>
/// <param name="Version">The version of the last change in it; 0 if the server's versions are not numeric.</param>
internal sealed record Followed<T>(ImmutableDictionary<string, T> Items, ulong Version);

/// <summary>Parses versions of collections.</summary>
internal static class Followed
{
    /// <summary>Returns a version as a number that can be compared with others of the same collection; 0 if it is not a number.</summary>
    public static ulong VersionOf(string? version) => ulong.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) ? number : 0;
}
