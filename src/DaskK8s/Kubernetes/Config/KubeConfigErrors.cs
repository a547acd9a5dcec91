namespace DaskK8s.Kubernetes.Config;

/// <summary>Creates the configuration errors, so that each is worded in one place.</summary>
internal static class KubeConfigErrors
{
    /// <summary>Creates the error for a file that exists but cannot be read.</summary>
    /// <param name="what">The kind of file.</param>
    /// <param name="path">Its path.</param>
    /// <param name="cause">The reason why it cannot be read; file errors contain only the path.</param>
    /// <returns>The error.</returns>
    public static KubeConfigException Unreadable(string what, string path, Exception cause)
    {
        string reason = cause switch
        {
            _ when Directory.Exists(path) => "it is a directory",
            UnauthorizedAccessException => "this user may not read it",
            FileNotFoundException or DirectoryNotFoundException => "there is no such file",
            _ => cause.Message,
        };
        return new KubeConfigException($"The {what} '{path}' cannot be read: {reason}.", cause) { Path = path };
    }

    /// <summary>Creates the error for an unknown context.</summary>
    /// <param name="context">The requested name.</param>
    /// <param name="known">The existing names.</param>
    /// <param name="places">The files that were read.</param>
    /// <param name="isCurrent">Whether the files themselves set it as the current one.</param>
    /// <returns>The error.</returns>
    public static KubeConfigException UnknownContext(string context, IReadOnlyList<string> known, IReadOnlyList<string> places, bool isCurrent)
    {
        string named = isCurrent ? ", which 'current-context' names," : "";
        string list = known.Count == 0 ? "It has no contexts at all" : $"There are: {string.Join(", ", known)}";
        return new KubeConfigException($"The context '{context}'{named} is not in the kubeconfig ({Join(places)}). {list}.")
        {
            Path = places.Count == 1 ? places[0] : null,
            Context = context,
            KnownContexts = known,
        };
    }

    /// <summary>Creates the error for a configuration without a current context.</summary>
    /// <param name="known">The existing names.</param>
    /// <param name="places">The files that were read.</param>
    /// <returns>The error.</returns>
    public static KubeConfigException NoContext(IReadOnlyList<string> known, IReadOnlyList<string> places)
    {
        string list = known.Count == 0 ? "it has no contexts at all" : $"name one of: {string.Join(", ", known)}";
        return new KubeConfigException($"The kubeconfig ({Join(places)}) has no 'current-context', and no context was given; {list}.")
        {
            Path = places.Count == 1 ? places[0] : null,
            KnownContexts = known,
        };
    }

    /// <summary>Creates the error for a missing configuration.</summary>
    /// <param name="places">The places that were searched.</param>
    /// <param name="context">The requested context, if any.</param>
    /// <returns>The error.</returns>
    public static KubeConfigException NotFound(IReadOnlyList<string> places, string? context) =>
        new($"No kubeconfig was found. Searched: {Join(places)}. Specify the path of one, or set KUBECONFIG.")
        {
            Path = places.Count == 1 ? places[0] : null,
            Context = context,
            SearchedPlaces = places,
        };

    /// <summary>Creates the error for an entry of a cluster or a user that cannot be used.</summary>
    /// <param name="kind">"cluster" or "user".</param>
    /// <param name="name">The entry's name; null in a pod.</param>
    /// <param name="source">The file that contains the entry.</param>
    /// <param name="what">What is wrong with it, without its content.</param>
    /// <param name="cause">The cause, if it contains nothing secret.</param>
    /// <returns>The error.</returns>
    public static KubeConfigException Unusable(string kind, string? name, string? source, string what, Exception? cause = null)
    {
        string place = source is null ? "the pod's service account" : $"the {kind} '{name}' of the kubeconfig '{source}'";
        return new KubeConfigException($"In {place}, {what}.", cause) { Path = source };
    }

    private static string Join(IReadOnlyList<string> places) => string.Join(", ", places.Select(place => $"'{place}'"));
}
