using System.Management.Automation;

namespace DaskK8s.PowerShell;

/// <summary>The base class of the cmdlets: runs asynchronous work, writes its output, stops it on Ctrl-C.</summary>
public abstract class DaskCmdlet : PSCmdlet, IDisposable
{
    // The host waits for the pipeline; what needs longer to undo goes on without it.
    private static readonly TimeSpan TimeToUndo = TimeSpan.FromMilliseconds(700);

    private readonly CancellationTokenSource _stop = new();

    private protected DaskCmdlet()
    {
    }

    /// <summary>Releases the command's resources.</summary>
    public void Dispose()
    {
        _stop.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Stops the work.</summary>
    protected sealed override void StopProcessing() => _stop.Cancel();

    /// <summary>Runs work and writes its output; a failure becomes an error record.</summary>
    /// <param name="target">The target object of the error record.</param>
    /// <param name="work">The work.</param>
    /// <param name="isTerminating">Whether a failure stops the pipeline.</param>
    private protected void Run(object? target, Func<CommandOutput, CancellationToken, Task> work, bool isTerminating = false)
    {
        CancellationToken stopping = _stop.Token;
        CommandOutput output = new(stopping);
        using IDisposable listening = DaskSession.Current.Log.Listen(output);
        Task task = Task.Run(
            async () =>
            {
                try
                {
                    await work(output, stopping).ConfigureAwait(false);
                }
                finally
                {
                    output.Complete();
                }
            },
            CancellationToken.None);
        try
        {
            output.PumpTo(this);
            task.GetAwaiter().GetResult();
        }
        catch (Exception e) when (stopping.IsCancellationRequested)
        {
            LetGo(task);
            throw e as PipelineStoppedException ?? new PipelineStoppedException(e.Message, e);
        }
        catch (Exception) when (!task.IsCompleted)
        {
            // The pipeline wants no more, as with Select-Object -First.
            _stop.Cancel();
            LetGo(task);
            throw;
        }
        catch (Exception e) when (task.IsCanceled || ReferenceEquals(task.Exception?.InnerException, e))
        {
            Report(e, target, isTerminating);
        }
    }

    private protected void Report(Exception e, object? target, bool isTerminating = false, string? advice = null)
    {
        ErrorRecord record = Failures.ToRecord(e, target, advice);
        if (isTerminating)
        {
            ThrowTerminatingError(record);
        }

        WriteError(record);
    }

    private static void LetGo(Task task) =>
        task.ContinueWith(static t => t.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).Wait(TimeToUndo);
}
