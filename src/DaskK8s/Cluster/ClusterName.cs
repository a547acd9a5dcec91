using System.Text.RegularExpressions;

namespace DaskK8s.Cluster;

/// <summary>The names of releases and clusters.</summary>
internal static partial class ClusterName
{
    /// <summary>The maximum length of a release name in Helm.</summary>
    public const int LongestRelease = 53;

    /// <summary>Determines whether a string is a valid name of a Helm release.</summary>
    public static bool IsRelease(string? name) => name is { Length: > 0 and <= LongestRelease } && ReleasePattern().IsMatch(name);

    /// <summary>Splits a cluster's name at the last dot: a release name can contain dots, a namespace cannot.</summary>
    /// <returns>The release, and the options with the name's namespace and instance.</returns>
    /// <exception cref="ArgumentException">The name has no dot, or an option contradicts it.</exception>
    public static (string Release, HelmClusterOptions Options) Parse(string name, HelmClusterOptions? options)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        int dot = name.LastIndexOf('.');
        if (dot <= 0 || dot == name.Length - 1)
        {
            throw new ArgumentException($"\"{name}\" is not a cluster name: expected release.namespace, as HelmCluster.Name returns it.", nameof(name));
        }

        string @namespace = name[(dot + 1)..];
        if (options?.Namespace is { } asked && !string.Equals(asked, @namespace, StringComparison.Ordinal))
        {
            throw new ArgumentException($"The name says namespace \"{@namespace}\", the options say \"{asked}\". Leave one of them out.", nameof(options));
        }

        string release = name[..dot];
        int slash = release.IndexOf('/', StringComparison.Ordinal);
        string? instance = slash < 0 ? null : release[(slash + 1)..];
        if (instance is not null && options?.Instance is { } chosen && !string.Equals(chosen, instance, StringComparison.Ordinal))
        {
            throw new ArgumentException($"The name says instance \"{instance}\", the options say \"{chosen}\". Leave one of them out.", nameof(options));
        }

        options = (options ?? new HelmClusterOptions()) with { Namespace = @namespace };
        return (slash < 0 ? release : release[..slash], instance is { Length: > 0 } ? options with { Instance = instance } : options);
    }

    [GeneratedRegex("^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$", RegexOptions.CultureInvariant)]
    private static partial Regex ReleasePattern();
}
