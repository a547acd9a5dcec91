namespace DaskK8s.Kubernetes.Config;

/// <summary>Writes the headers for impersonating a user (Kubernetes, "User impersonation").</summary>
internal static class KubeConfigImpersonation
{
    /// <summary>Writes the headers.</summary>
    /// <param name="user">The user.</param>
    /// <returns>The headers; none if the user does not impersonate another.</returns>
    public static IEnumerable<KeyValuePair<string, string>> Headers(KubeConfigUser user)
    {
        if (user.As is not null)
        {
            yield return KeyValuePair.Create("Impersonate-User", user.As);
        }

        if (user.AsUid is not null)
        {
            yield return KeyValuePair.Create("Impersonate-Uid", user.AsUid);
        }

        foreach (string group in user.AsGroups)
        {
            yield return KeyValuePair.Create("Impersonate-Group", group);
        }

        foreach ((string key, IReadOnlyList<string> values) in user.AsUserExtra)
        {
            foreach (string value in values)
            {
                yield return KeyValuePair.Create($"Impersonate-Extra-{Uri.EscapeDataString(key)}", value);
            }
        }
    }
}
