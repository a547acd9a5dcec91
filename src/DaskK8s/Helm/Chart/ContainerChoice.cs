namespace DaskK8s.Helm.Chart;

/// <summary>Chooses the container that runs Dask among all of a pod, wherever webhooks and service meshes put theirs.</summary>
internal static class ContainerChoice
{
    private static readonly string[] ChartSuffixes = ["-worker", "-scheduler", "-jupyter"];

    /// <summary>Chooses by the name that the Deployment's template gives, by the command line, by the annotation, by the chart's naming, else the first.</summary>
    /// <param name="containers">The containers in the pod's order.</param>
    /// <param name="nameOf">Gives a container's name.</param>
    /// <param name="lineOf">Gives a container's command line.</param>
    /// <param name="templated">The name in the Deployment's template; null where it is not known.</param>
    /// <param name="annotated">The name that an annotation gives; null where there is none.</param>
    /// <returns>The container, or the default where there is none at all.</returns>
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
