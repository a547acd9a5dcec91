namespace DaskK8s.Hosting.Configuration;

/// <summary>Reads a connection string: <c>release.namespace</c>, or a scheduler's address.</summary>
internal static class ConnectionString
{
    public static DaskClusterOptions Apply(string name, string? text, DaskClusterOptions options, List<string> problems)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return options;
        }

        string where = $"ConnectionStrings:{name}";
        if (text.Contains("://", StringComparison.Ordinal))
        {
            Agree(where, nameof(HelmClusterOptions.SchedulerAddress), options.Cluster.SchedulerAddress, text, problems);
            return options with { Cluster = options.Cluster with { SchedulerAddress = text } };
        }

        int dot = text.LastIndexOf('.');
        if (dot <= 0 || dot == text.Length - 1)
        {
            problems.Add($"{where} is neither release.namespace nor tcp://host:port nor tls://host:port.");
            return options;
        }

        (string release, string @namespace) = (text[..dot], text[(dot + 1)..]);
        Agree(where, nameof(DaskClusterOptions.Release), options.Release, release, problems);
        Agree(where, nameof(HelmClusterOptions.Namespace), options.Cluster.Namespace, @namespace, problems);
        return options with { Release = release, Cluster = options.Cluster with { Namespace = @namespace } };
    }

    private static void Agree(string where, string setting, string? said, string found, List<string> problems)
    {
        if (said is not null && !string.Equals(said, found, StringComparison.Ordinal))
        {
            problems.Add($"{where} says {setting} \"{found}\", and the section says \"{said}\". Leave one of them out.");
        }
    }
}
