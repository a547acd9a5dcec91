using DaskK8s.Dask.Rpc;

namespace DaskK8s;

public sealed partial class DaskClient
{
    private const string ReportOperation = "performance_report";

    private static readonly TimeSpan ReportLimit = TimeSpan.FromMinutes(5);

    // What Dask's own 'performance_report' does when it begins: from then on, the scheduler takes down what tasks do.
    private static readonly PythonFunction BeginReport = PythonFunction.FromSource(
        """
        import time

        def begin_report(dask_scheduler):
            try:
                import distributed.dashboard.components.scheduler
            except ImportError as error:
                return [str(error), 0.0, 0]
            dask_scheduler.get_task_stream(start=0, stop=0)
            return [None, time.time(), dask_scheduler.monitor.count]
        """,
        "begin_report");

    /// <summary>Runs work and returns Dask's performance report of it: the task stream, profiles of workers and scheduler, bandwidths and logs.</summary>
    /// <remarks>Dask's scheduler draws the report with Bokeh. The report covers everything that the cluster does meanwhile, including other clients' work.</remarks>
    /// <param name="work">The work: it submits tasks and waits for them.</param>
    /// <param name="cancellationToken">Cancels the work and the wait.</param>
    /// <returns>The report, an HTML page.</returns>
    /// <exception cref="DaskRpcException">The scheduler has no Bokeh, and the work was not started; or drawing the report failed.</exception>
    /// <exception cref="SchedulerTimeoutException">The report was not drawn within five minutes.</exception>
    public async Task<string> GetPerformanceReportAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(work);
        object?[] begun = await RunOnSchedulerAsync<object?[]>(BeginReport, cancellationToken: cancellationToken).ConfigureAwait(false);
        if (begun[0] is string missing)
        {
            throw new DaskRpcException(
                ReportOperation,
                $"The scheduler at {Address} cannot draw performance reports ({missing}). Add the Python package 'bokeh' to the scheduler's image; the chart's default image has it.");
        }

        await work(cancellationToken).ConfigureAwait(false);
        RpcCall call = new(ReportOperation)
        {
            Arguments = new Dictionary<string, object?> { ["start"] = begun[1], ["last_count"] = begun[2], ["code"] = string.Empty },
            Idempotent = true,
            Timeout = ReportLimit,
        };
        return await _life.RunAsync(token => _rpc.CallAsync(call, token), cancellationToken).ConfigureAwait(false) as string
            ?? throw new DaskProtocolException($"The answer of the scheduler at {Address} to '{ReportOperation}' is not a page.");
    }
}
