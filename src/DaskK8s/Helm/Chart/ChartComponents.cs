using DaskK8s.Helm.Values;
using DaskK8s.Yaml;

namespace DaskK8s.Helm.Chart;

/// <summary>Recognizes the Dask chart's parts by their labels, and by their command lines if the labels are ambiguous.</summary>
/// <remarks>
/// The label <c>component: worker</c> alone is not conclusive, because other charts use it too. Old versions of the chart let the
/// values rename the component, new ones do not, and both keep the values.
/// </remarks>
internal sealed class ChartComponents(ValueNode.Map daskValues, string chartName)
{
    private readonly string _app = daskValues.TextAt("nameOverride") ?? (chartName.Length > 0 ? chartName : DaskValues.ChartName);
    private readonly string _scheduler = daskValues.TextAt("scheduler", "name") ?? "scheduler";
    private readonly string _worker = daskValues.TextAt("worker", "name") ?? "worker";
    private readonly string _jupyter = daskValues.TextAt("jupyter", "name") ?? "jupyter";

    public bool IsWorker(ChartDeployment deployment) => deployment.CommandLine.Program switch
    {
        DaskProgram.Worker or DaskProgram.CudaWorker => true,
        DaskProgram.Scheduler => false,
        _ => IsOfDask(deployment.Labels) && IsOne(deployment.Component, "worker", _worker),
    };

    public bool IsScheduler(ChartDeployment deployment) => deployment.CommandLine.Program switch
    {
        DaskProgram.Scheduler => true,
        DaskProgram.Worker or DaskProgram.CudaWorker => false,
        _ => IsOfDask(deployment.Labels) && IsOne(deployment.Component, "scheduler", _scheduler),
    };

    public bool IsScheduler(ChartService service) =>
        IsOfDask(service.Labels) && IsOne(service.Component, "scheduler", _scheduler);

    public bool IsJupyter(IReadOnlyDictionary<string, string> labels) =>
        IsOfDask(labels) && IsOne(labels.GetValueOrDefault("component", ""), "jupyter", _jupyter);

    private bool IsOfDask(IReadOnlyDictionary<string, string> labels) =>
        labels.GetValueOrDefault("app") is { } app && (app == _app || app == DaskValues.ChartName)
        || labels.GetValueOrDefault("chart", "").StartsWith("dask-", StringComparison.Ordinal);

    private static bool IsOne(string component, string fixedName, string renamed) => component == fixedName || component == renamed;
}
