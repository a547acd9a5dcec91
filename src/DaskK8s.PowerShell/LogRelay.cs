namespace DaskK8s.PowerShell;

/// <summary>Forwards the library's log lines to the running command; between commands they are dropped.</summary>
internal sealed class LogRelay
{
    private const int Information = 2;
    private const int Warning = 3;

    private readonly Lock _sync = new();
    private readonly List<CommandOutput> _listeners = [];

    /// <summary>Sends the log to a command until the result is disposed; the most recently started command receives it.</summary>
    public IDisposable Listen(CommandOutput output)
    {
        lock (_sync)
        {
            _listeners.Add(output);
        }

        return new Listening(this, output);
    }

    public void Hear(int level, string line)
    {
        CommandOutput? output;
        lock (_sync)
        {
            output = _listeners.LastOrDefault();
        }

        switch (level)
        {
            case >= Warning:
                output?.Note(c => c.WriteWarning(line));
                break;
            case Information:
                output?.Note(c => c.WriteVerbose(line));
                break;
            default:
                output?.Note(c => c.WriteDebug(line));
                break;
        }
    }

    private sealed class Listening(LogRelay relay, CommandOutput output) : IDisposable
    {
        public void Dispose()
        {
            lock (relay._sync)
            {
                relay._listeners.Remove(output);
            }
        }
    }
}
