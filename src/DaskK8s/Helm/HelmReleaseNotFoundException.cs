namespace DaskK8s;

/// <summary>The exception that is thrown when a release does not exist. It lists the existing releases.</summary>
public sealed class HelmReleaseNotFoundException : HelmReleaseException
{
    internal HelmReleaseNotFoundException(string releaseName, string @namespace, IReadOnlyList<string> releases, string? hint = null)
        : base(Compose(releaseName, @namespace, releases, hint), releaseName, @namespace, null) => Releases = [.. releases];

    /// <summary>Gets the names of the releases that exist in the namespace.</summary>
    public IReadOnlyList<string> Releases { get; }

    private static string Compose(string releaseName, string @namespace, IReadOnlyList<string> releases, string? hint)
    {
        const int shown = 20;
        string there = releases.Count switch
        {
            0 when hint is not null => "",
            0 => "That namespace has no Helm release in Secrets or ConfigMaps. Check the namespace and the kube context; a release that Helm keeps in an SQL database (HELM_DRIVER=sql) leaves no record in the cluster and cannot be read from it.",
            > shown => $"There are {releases.Count} releases, among them: {string.Join(", ", releases.Take(shown))}.",
            _ => $"Releases there: {string.Join(", ", releases)}.",
        };
        return $"There is no Helm release '{releaseName}' in namespace '{@namespace}'. {there}{(hint is null || there.Length == 0 ? hint : " " + hint)}";
    }
}
