namespace DaskK8s.Kubernetes.Config;

/// <summary>Finds the configuration where kubectl does and in the same order (client-go's <c>clientcmd</c>).</summary>
internal static class KubeConfigLoader
{
    /// <summary>Finds the server, user and namespace.</summary>
    /// <param name="options">The connection's options.</param>
    /// <param name="cancellationToken">Cancels the reading of files.</param>
    /// <returns>The server, user and namespace.</returns>
    /// <exception cref="KubeConfigException">There is no configuration, or it cannot be used.</exception>
    public static async Task<KubeConfigIdentity> LoadAsync(KubeConfigOptions options, CancellationToken cancellationToken)
    {
        List<string> places = GetPlaces(options);
        List<string> found = [];
        KubeConfigFile merged = new();
        foreach (string place in places)
        {
            if (await KubeConfigFile.ReadAsync(place, cancellationToken).ConfigureAwait(false) is { } file)
            {
                found.Add(place);
                merged.Merge(file);
            }
        }

        if ((options.Context ?? merged.CurrentContext) is { } name && found.Count > 0)
        {
            return Resolve(options, merged, name, found);
        }

        if (options is { KubeconfigPath: null, Context: null } && options.Environment.IsInCluster)
        {
            return KubeConfigInCluster.Load(options);
        }

        if (found.Count > 0)
        {
            throw KubeConfigErrors.NoContext(SortedNames(merged), found);
        }

        throw KubeConfigErrors.NotFound(
            options.KubeconfigPath is null ? [.. places, options.Environment.ServiceAccountDirectory] : places,
            options.Context);
    }

    /// <summary>Selects the namespace of a connection.</summary>
    /// <param name="options">The connection's options.</param>
    /// <param name="context">The context's namespace, if it has one.</param>
    /// <returns>The namespace.</returns>
    public static string ChooseNamespace(KubeConfigOptions options, string? context) =>
        options.Namespace
        ?? context
        ?? (options.Environment.IsInCluster ? KubeConfigInCluster.ReadNamespace(options.Environment) : null)
        ?? "default";

    private static List<string> GetPlaces(KubeConfigOptions options)
    {
        if (options.KubeconfigPath is { } path)
        {
            return [Path.GetFullPath(path)];
        }

        if (options.Environment.GetVariable("KUBECONFIG") is { Length: > 0 } list)
        {
            return
            [
                .. list.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
                    .Select(Path.GetFullPath)
                    .Distinct(StringComparer.Ordinal),
            ];
        }

        return options.Environment.DefaultKubeconfigPath() is { } home ? [home] : [];
    }

    private static KubeConfigIdentity Resolve(KubeConfigOptions options, KubeConfigFile file, string name, List<string> found)
    {
        if (!file.Contexts.TryGetValue(name, out KubeConfigContext? context))
        {
            throw KubeConfigErrors.UnknownContext(name, SortedNames(file), found, isCurrent: options.Context is null);
        }

        if (!file.Clusters.TryGetValue(context.Cluster ?? "", out KubeConfigCluster? cluster))
        {
            throw Dangling(context, "cluster", context.Cluster, file.Clusters.Keys);
        }

        if (!file.Users.TryGetValue(context.User ?? "", out KubeConfigUser? user) && context.User is not null)
        {
            throw Dangling(context, "user", context.User, file.Users.Keys);
        }

        return new KubeConfigIdentity(name, cluster, user ?? new KubeConfigUser(), ChooseNamespace(options, context.Namespace));
    }

    private static KubeConfigException Dangling(KubeConfigContext context, string kind, string? name, IEnumerable<string> known)
    {
        string what = name is null ? $"names no {kind}" : $"names the {kind} '{name}', which does not exist";
        string list = string.Join(", ", known.Order(StringComparer.Ordinal));
        return new KubeConfigException(
            $"The context '{context.Name}' of the kubeconfig '{context.Source}' {what}. "
            + (list.Length == 0 ? $"There is no {kind} at all." : $"There are: {list}."))
        {
            Path = context.Source,
            Context = context.Name,
        };
    }

    private static List<string> SortedNames(KubeConfigFile file) => [.. file.Contexts.Keys.Order(StringComparer.Ordinal)];
}
