namespace DaskK8s.Helm.Chart;

/// <summary>Selects the container that runs Dask from all containers of a pod, wherever webhooks and service meshes insert theirs.</summary>
internal static class ContainerChoice
{
    private static readonly string[] ChartSuffixes = ["-worker", "-scheduler", "-jupyter"];

    /// <summary>Selects by the name in the Deployment's template, the command line, the annotation, the chart's naming, or else takes the first.</summary>
    /// <param name="containers">The containers in the pod's order.</param>
    /// <param name="nameOf">Returns a container's name.</param>
    /// <param name="lineOf">Returns a container's command line.</param>
    /// <param name="templated">The name in the Deployment's template; null if unknown.</param>
    /// <param name="annotated">The name in an annotation; null if there is none.</param>
    /// <returns>The container, or the default value if there are no containers.</returns>
    public static T? Choose<T>(
        IReadOnlyList<T> containers, Func<T, string> nameOf, Func<T, WorkerCommandLine> lineOf, string? templated = null, string? annotated = null)
        where T : class
    {
        if (containers.Count <= 1)
        {
            return containers.Count == 0 ? null : containers[0];
        }

        return Named(templated)
            ?? containers.FirstOrDefault(c => lineOf(c).Program != DaskProgram.Other)
            ?? Named(annotated)
            ?? containers.FirstOrDefault(c => ChartSuffixes.Any(s => nameOf(c).EndsWith(s, StringComparison.Ordinal)))
            ?? containers[0];

        T? Named(string? name) => name is null ? null : containers.FirstOrDefault(c => string.Equals(nameOf(c), name, StringComparison.Ordinal));
    }
}
