namespace DaskK8s.Hosting.Connection;

/// <summary>Validates a cluster's options before a connection is made.</summary>
internal static class DaskClusterChecks
{
    /// <summary>Adds the problems of the options.</summary>
    public static void Find(string name, DaskClusterOptions options, List<string> problems)
    {
        if (options.Release is null && options.Cluster.SchedulerAddress is null)
        {
            problems.Add(
                $"Neither a release nor a scheduler is named. Set DaskK8s:{name}:Release, or ConnectionStrings:{name} to release.namespace or to tcp://host:port.");
        }

        if (options.Release is { } release && !HelmCluster.IsReleaseName(release))
        {
            problems.Add($"\"{release}\" is not the name of a Helm release: lower-case letters, digits, '-' and '.', at most 53.");
        }

        if (options.CheckAfter < TimeSpan.Zero)
        {
            problems.Add($"{nameof(DaskClusterOptions.CheckAfter)} must not be negative.");
        }

        if (options.CheckTimeout <= TimeSpan.Zero)
        {
            problems.Add($"{nameof(DaskClusterOptions.CheckTimeout)} must be longer than zero.");
        }

        Try(options.Cluster.Validate, problems);
    }

    /// <summary>Adds the message of the exception that a check throws.</summary>
    public static void Try(Action check, List<string> problems)
    {
        try
        {
            check();
        }
        catch (ArgumentException e)
        {
            problems.Add(e.Message);
        }
    }
}
