using System.Management.Automation;

namespace DaskK8s.PowerShell;

/// <summary>Shows a wait for workers as one progress bar per group.</summary>
internal sealed class WaitProgress(CommandOutput output) : IProgress<WorkerGroupProgress>
{
    // Apart from ids that scripts use.
    private const int FirstId = 8786;

    private readonly List<string> _groups = [];

    public void Report(WorkerGroupProgress value)
    {
        int at = _groups.IndexOf(value.Group);
        if (at < 0)
        {
            at = _groups.Count;
            _groups.Add(value.Group);
        }

        int done = value.Connected ?? value.Ready;
        output.Progress(new ProgressRecord(FirstId + at, $"Waiting for the workers of {value.Group}", value.ToString())
        {
            PercentComplete = value.Desired == 0 ? 0 : Math.Clamp(100 * done / value.Desired, 0, 100),
            RecordType = value.IsComplete ? ProgressRecordType.Completed : ProgressRecordType.Processing,
        });
    }

    /// <summary>Waits, and always removes the progress bars afterwards.</summary>
    public static async Task WaitAsync(HelmCluster cluster, WorkerWaitOptions options, CommandOutput output, CancellationToken cancellationToken)
    {
        WaitProgress progress = new(output);
        try
        {
            await cluster.WaitForWorkersAsync(options, progress, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            for (int i = 0; i < progress._groups.Count; i++)
            {
                ProgressRecord end = new(FirstId + i, $"Waiting for the workers of {progress._groups[i]}", "Done") { RecordType = ProgressRecordType.Completed };
                output.Note(c => c.WriteProgress(end));
            }
        }
    }
}
