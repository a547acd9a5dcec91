using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace DaskK8s.Common;

/// <summary>The activity source and the meter of the library; both are named <c>DaskK8s</c>.</summary>
internal static class Telemetry
{
    /// <summary>The activity of connecting; tags: release, namespace.</summary>
    public const string ConnectActivity = "connect";

    /// <summary>The activity of one scaling; tags: release, namespace, group, replicas; event: <c>accepted</c>.</summary>
    public const string ScaleActivity = "scale";

    /// <summary>The activity of waiting for workers; tags: release, namespace, group (if waiting for one).</summary>
    public const string WaitActivity = "wait";

    /// <summary>The activity of submitting tasks to the scheduler; tags: scheduler, function, tasks.</summary>
    public const string SubmitActivity = "submit";

    /// <summary>The activity of waiting for results and fetching them; tags: scheduler, tasks.</summary>
    public const string GatherActivity = "gather";

    /// <summary>The activity of running a script; tags: scheduler, key.</summary>
    public const string ScriptActivity = "script";

    public static readonly ActivitySource Activities = new(DaskTelemetry.ActivitySourceName);

    public static readonly Meter Meter = new(DaskTelemetry.MeterName);

    /// <summary>Counts tasks submitted to the scheduler; tag: scheduler.</summary>
    public static readonly Counter<long> TasksSubmitted = Meter.CreateCounter<long>(
        "daskk8s.tasks.submitted", "{task}", "Tasks handed to the scheduler.");

    /// <summary>Counts tasks that were submitted again because they were lost with their scheduler; tag: scheduler.</summary>
    public static readonly Counter<long> TasksResubmitted = Meter.CreateCounter<long>(
        "daskk8s.tasks.resubmitted", "{task}", "Tasks that were lost with their scheduler and submitted again.");

    /// <summary>Counts ended tasks, as reported to this client; tag: status. A result that is lost and computed again counts twice.</summary>
    public static readonly Counter<long> TasksEnded = Meter.CreateCounter<long>(
        "daskk8s.tasks.ended", "{task}", "Tasks that ended, by how they ended.");

    /// <summary>Measures the time spent waiting for results, including their transfer; tag: error (the exception's type, if it failed).</summary>
    public static readonly Histogram<double> GatherDuration = Meter.CreateHistogram<double>(
        "daskk8s.gather.duration", "s", "Time to wait for results and fetch them.");

    /// <summary>Counts requests to the Kubernetes API; tags: verb, resource, status (an HTTP status or <c>error</c>).</summary>
    public static readonly Counter<long> Requests = Meter.CreateCounter<long>(
        "daskk8s.kube.requests", "{request}", "Requests sent to the Kubernetes API.");

    /// <summary>Counts retried requests; tags: verb, resource.</summary>
    public static readonly Counter<long> Retries = Meter.CreateCounter<long>(
        "daskk8s.kube.retries", "{retry}", "Requests to the Kubernetes API that were sent again.");

    /// <summary>Counts scalings; tags: release, namespace, group.</summary>
    public static readonly Counter<long> Scalings = Meter.CreateCounter<long>(
        "daskk8s.scalings", "{scaling}", "Changes of a worker group's replicas.");

    /// <summary>Shows the ready workers of each group as of the last read; tags: release, namespace, group.</summary>
    public static readonly Gauge<int> ReadyWorkers = Meter.CreateGauge<int>(
        "daskk8s.workers.ready", "{pod}", "Ready pods of a worker group.");

    /// <summary>Shows the desired replicas of each group; tags: release, namespace, group.</summary>
    public static readonly Gauge<int> DesiredWorkers = Meter.CreateGauge<int>(
        "daskk8s.workers.desired", "{pod}", "Desired pods of a worker group.");

    /// <summary>Starts an activity with the common tags.</summary>
    public static Activity? Begin(string activity, string release, string @namespace) =>
        Activities.StartActivity(activity)?.SetTag("release", release).SetTag("namespace", @namespace);

    /// <summary>Starts an activity of a scheduler's client.</summary>
    public static Activity? BeginWork(string activity, string scheduler) => Activities.StartActivity(activity)?.SetTag("scheduler", scheduler);

    /// <summary>Marks an activity as failed with the error's type; its message can contain data that does not belong in a trace.</summary>
    public static void Fail(this Activity? activity, Exception error) => activity?.SetStatus(ActivityStatusCode.Error, error.GetType().Name);

    /// <summary>Counts decisions of adaptive scaling; tags: release, namespace, group, action.</summary>
    public static readonly Counter<long> AdaptiveDecisions = Meter.CreateCounter<long>(
        "daskk8s.adaptive.decisions", "{decision}", "Decisions of adaptive scaling.");
}
