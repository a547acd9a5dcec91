using DaskK8s.Common;

namespace DaskK8s;

/// <summary>The exception that is thrown when the Deployments of a recorded release do not exist: its install failed, or they were deleted.</summary>
public sealed class HelmReleaseObjectsMissingException : HelmReleaseException
{
    internal HelmReleaseObjectsMissingException(HelmRelease release, string @namespace, IReadOnlyList<string> deployments, bool isConnected = false)
        : base(isConnected ? ComposeGone(release, @namespace, deployments) : Compose(release, @namespace, deployments), release.Name, @namespace, null)
    {
        Deployments = [.. deployments];
        Status = release.Status;
    }

    /// <summary>Gets the names of the Deployments that are in the release's manifest but not in the namespace.</summary>
    public IReadOnlyList<string> Deployments { get; }

    /// <summary>Gets the state of the release's newest revision.</summary>
    public HelmReleaseStatus Status { get; }

    private static string ComposeGone(HelmRelease release, string @namespace, IReadOnlyList<string> deployments) =>
        $"Release '{release.Name}' was uninstalled after this client connected: none of its Deployments exists any more in namespace '{@namespace}' ({Words.Names(deployments)}).";

    private static string Compose(HelmRelease release, string @namespace, IReadOnlyList<string> deployments)
    {
        string said = release.Description.Length > 0 ? $" Helm says: {Words.OneLine(release.Description)}." : "";
        return $"The Deployments of release '{release.Name}' do not exist in namespace '{@namespace}': {Words.Names(deployments)}.{said} "
            + (release.StatusExplanation ?? "They were deleted after the install; the next 'helm upgrade' creates them again.");
    }
}
