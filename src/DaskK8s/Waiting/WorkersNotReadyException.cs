using System.Globalization;
using System.Text;

using DaskK8s.Common;

namespace DaskK8s;

/// <summary>The exception that is thrown when workers are not ready in time or waiting cannot help. It contains the cause for each pod.</summary>
/// <remarks>
/// A cause can include the last lines of a worker's own log, to explain a crash. Nothing else from the pod
/// (environment, Secrets, arguments) is included.
/// </remarks>
public sealed class WorkersNotReadyException : DaskK8sException
{
    private const int MostCausesInMessage = 10;

    internal WorkersNotReadyException(
        string release,
        string @namespace,
        TimeSpan waited,
        bool isHopeless,
        IReadOnlyList<WorkerGroupProgress> groups,
        IReadOnlyList<PodCause> causes,
        IReadOnlyList<string> remarks)
        : base(Describe(release, @namespace, waited, isHopeless, groups, causes, remarks))
    {
        Release = release;
        Namespace = @namespace;
        Waited = waited;
        IsHopeless = isHopeless;
        Groups = groups;
        Causes = causes;
        Remarks = remarks;
    }

    /// <summary>Gets the release's name.</summary>
    public string Release { get; }

    /// <summary>Gets the release's namespace.</summary>
    public string Namespace { get; }

    /// <summary>Gets the elapsed time of the wait.</summary>
    public TimeSpan Waited { get; }

    /// <summary>Gets whether the wait ended before its time limit because waiting longer would not help.</summary>
    public bool IsHopeless { get; }

    /// <summary>Gets the progress of each group that was waited for.</summary>
    public IReadOnlyList<WorkerGroupProgress> Groups { get; }

    /// <summary>Gets the causes for each pod, starting with those that make waiting hopeless.</summary>
    public IReadOnlyList<PodCause> Causes { get; }

    /// <summary>Gets remarks: what could not be read, and what changed during the wait.</summary>
    public IReadOnlyList<string> Remarks { get; }

    private static string Describe(
        string release,
        string @namespace,
        TimeSpan waited,
        bool isHopeless,
        IReadOnlyList<WorkerGroupProgress> groups,
        IReadOnlyList<PodCause> causes,
        IReadOnlyList<string> remarks)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"The workers of release {release} in namespace {@namespace} are not ready after {Words.Duration(waited)}");
        text.Append(isHopeless ? ", and waiting longer will not help." : $"; see {nameof(WorkerWaitOptions)}.{nameof(WorkerWaitOptions.Timeout)} to wait longer.");
        foreach (WorkerGroupProgress group in groups.Where(static g => !g.IsComplete))
        {
            text.Append('\n').Append("  ").Append(group with { Waiting = null });
        }

        // Pods of one group mostly wait for the same thing: say it once.
        foreach (IGrouping<(string? Group, string Text), PodCause> same in causes.GroupBy(static c => (c.Group, c.Text)).Take(MostCausesInMessage))
        {
            string[] pods = [.. same.Select(static c => c.Pod).OfType<string>()];
            string who = pods.Length > 0 ? Words.Names(pods) : same.Key.Group is { } group ? $"group {group}" : "the release";
            text.Append("\n  - ").Append(who).Append(": ").Append(same.Key.Text);
        }

        foreach (string remark in remarks)
        {
            text.Append("\n  ").Append(remark);
        }

        return text.ToString();
    }
}
