using DaskK8s.Common;
using DaskK8s.Yaml;

namespace DaskK8s.Kubernetes.Config;

/// <summary>The content of a kubeconfig file, or of several files merged as in kubectl.</summary>
internal sealed class KubeConfigFile
{
    private const int MaxBytes = 16 << 20;

    private readonly Dictionary<string, KubeConfigContext> _contexts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, KubeConfigCluster> _clusters = new(StringComparer.Ordinal);
    private readonly Dictionary<string, KubeConfigUser> _users = new(StringComparer.Ordinal);

    /// <summary>Gets the name of the context that is used by default.</summary>
    public string? CurrentContext { get; private set; }

    /// <summary>Gets the contexts by name.</summary>
    public IReadOnlyDictionary<string, KubeConfigContext> Contexts => _contexts;

    /// <summary>Gets the clusters by name.</summary>
    public IReadOnlyDictionary<string, KubeConfigCluster> Clusters => _clusters;

    /// <summary>Gets the users by name.</summary>
    public IReadOnlyDictionary<string, KubeConfigUser> Users => _users;

    /// <summary>Reads a file.</summary>
    /// <param name="path">The absolute path.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The content; null if there is no such file.</returns>
    /// <exception cref="KubeConfigException">The file cannot be read, or is malformed.</exception>
    public static async Task<KubeConfigFile?> ReadAsync(string path, CancellationToken cancellationToken)
    {
        string content;
        try
        {
            FileInfo info = new(path);
            if (info.Exists && info.Length > MaxBytes)
            {
                throw new KubeConfigException($"'{path}' is not a kubeconfig: it is larger than 16 MiB.") { Path = path };
            }

            content = await BoundedFile.ReadAllTextAsync(path, MaxBytes, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw KubeConfigErrors.Unreadable("kubeconfig", path, e);
        }

        return Parse(path, content);
    }

    /// <summary>Reads the content of a file.</summary>
    /// <param name="path">The absolute path of the file, for errors and for the relative paths in it.</param>
    /// <param name="content">The content.</param>
    /// <returns>The parsed content.</returns>
    /// <exception cref="KubeConfigException">The content is malformed.</exception>
    public static KubeConfigFile Parse(string path, string content)
    {
        KubeConfigFile file = new();
        if (KubeConfigNode.ReadRoot(path, content) is not { } root)
        {
            return file;
        }

        CheckKind(root);

        file.CurrentContext = root.GetText("current-context");
        ReadNamed(root, "contexts", "context", file._contexts, KubeConfigReader.ReadContext);
        ReadNamed(root, "clusters", "cluster", file._clusters, KubeConfigReader.ReadCluster);
        ReadNamed(root, "users", "user", file._users, KubeConfigReader.ReadUser);
        return file;
    }

    /// <summary>Adds the entries of another file that this one does not have; for each name, the first file wins.</summary>
    /// <param name="later">The file that comes later in the list.</param>
    public void Merge(KubeConfigFile later)
    {
        CurrentContext ??= later.CurrentContext;
        AddMissing(_contexts, later._contexts);
        AddMissing(_clusters, later._clusters);
        AddMissing(_users, later._users);
    }

    // kubectl refuses the file of another kind, and one whose other parts have other types.
    private static void CheckKind(KubeConfigNode root)
    {
        if (root.GetMeta("kind") is not (null or "Config") || root.GetMeta("apiVersion") is not (null or "v1"))
        {
            throw root.Mistake("its 'kind' and 'apiVersion' are not 'Config' and 'v1', so it is not a kubeconfig");
        }

        if (root.TryGet("preferences", out KubeConfigNode? preferences))
        {
            preferences.GetFlag("colors");
            KubeConfigReader.CheckExtensions(preferences);
        }

        KubeConfigReader.CheckExtensions(root);
    }

    private static void AddMissing<T>(Dictionary<string, T> target, Dictionary<string, T> source)
    {
        foreach ((string name, T value) in source)
        {
            target.TryAdd(name, value);
        }
    }

    private static void ReadNamed<T>(
        KubeConfigNode root,
        string list,
        string entry,
        Dictionary<string, T> target,
        Func<string, KubeConfigNode, T> read)
    {
        foreach (KubeConfigNode item in root.GetItems(list))
        {
            // An entry without a name has the name "", which nobody asks for.
            string name = item.GetText("name") ?? "";
            KubeConfigNode value = item.TryGet(entry, out KubeConfigNode? node) ? node : new KubeConfigNode(item.Path, new ValueNode.Null { Line = item.Value.Line, Column = item.Value.Column });
            if (!target.TryAdd(name, read(name, value)))
            {
                throw item.Mistake(name.Length == 0 ? $"'{list}' has two entries without a 'name'" : $"'{list}' has two entries named '{name}'");
            }
        }
    }
}
