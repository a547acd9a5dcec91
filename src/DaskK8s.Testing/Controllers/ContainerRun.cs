using DaskK8s.Testing.Processes;

namespace DaskK8s.Testing.Controllers;

/// <summary>One container of a pod: its logs, its process, its restarts.</summary>
internal sealed class ContainerRun(string name, TimeProvider time)
{
    public string Name { get; } = name;

    public LogBuffer Log { get; private set; } = new(time);

    public LogBuffer? Previous { get; private set; }

    public PodProcess? Process { get; set; }

    /// <summary>Gets or sets a value indicating whether the container has ended and waits for its next start.</summary>
    public bool Down { get; set; }

    public int Restarts { get; private set; }

    public int Crashes { get; set; }

    public void Restart()
    {
        Restarts++;
        Previous = Log;
        Log = new LogBuffer(time);
    }
}
