using System.Collections.Concurrent;
using System.Management.Automation;

namespace DaskK8s.PowerShell;

/// <summary>Collects the output of a command's asynchronous work for the pipeline thread, the only one that is allowed to write.</summary>
internal sealed class CommandOutput(CancellationToken stopping)
{
    private const int MostWaiting = 4096;

    // Apart from ids that scripts use, and from those of WaitProgress.
    private const int BusyId = 8785;

    private readonly BlockingCollection<Action<Cmdlet>> _queue = new(MostWaiting);

    /// <summary>Writes an object; waits while a slow pipeline has many objects pending.</summary>
    public void Write(object? value) => Add(c => c.WriteObject(value));

    public void Verbose(string text) => Add(c => c.WriteVerbose(text));

    public void Warning(string text) => Add(c => c.WriteWarning(text));

    public void Progress(ProgressRecord record) => Add(c => c.WriteProgress(record));

    /// <summary>Shows a progress bar until the result is disposed.</summary>
    public IDisposable Busy(string activity, string status)
    {
        Progress(new ProgressRecord(BusyId, activity, status));
        return new BusyBar(this, activity);
    }

    /// <summary>Writes what a program printed to the console, not to the output.</summary>
    public void Print(string text, string stream) => Add(c => c.WriteInformation(
        new HostInformationMessage { Message = text, NoNewLine = true }, ["PSHOST", stream]));

    /// <summary>Writes a log line from any thread; it is dropped if the pipeline cannot keep up.</summary>
    public void Note(Action<Cmdlet> write)
    {
        try
        {
            _queue.TryAdd(write);
        }
        catch (InvalidOperationException)
        {
            // The command has ended.
        }
    }

    public void Complete() => _queue.CompleteAdding();

    /// <summary>Writes the collected output on this thread, until the work is complete or the command is stopped.</summary>
    public void PumpTo(Cmdlet command)
    {
        foreach (Action<Cmdlet> write in _queue.GetConsumingEnumerable(stopping))
        {
            write(command);
        }
    }

    private void Add(Action<Cmdlet> write) => _queue.Add(write, stopping);

    private sealed class BusyBar(CommandOutput output, string activity) : IDisposable
    {
        public void Dispose() => output.Note(c => c.WriteProgress(new ProgressRecord(BusyId, activity, "Done") { RecordType = ProgressRecordType.Completed }));
    }
}
