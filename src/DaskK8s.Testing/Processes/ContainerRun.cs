using System.Text.Json.Nodes;

namespace DaskK8s.Testing.Processes;

/// <summary>One container of a pod: its logs, its process, its restarts.</summary>
internal sealed class ContainerRun(string name, TimeProvider time)
{
    public string Name { get; } = name;

    public LogBuffer Log { get; private set; } = new(time);

    public LogBuffer? Previous { get; private set; }

    public PodProcess? Process { get; set; }

    public int Restarts { get; private set; }

    public int Crashes { get; set; }

    public string? Waiting { get; private set; } = "ContainerCreating";

    public string? Message { get; private set; }

    public JsonObject? Terminated { get; private set; }

    public JsonObject? LastTerminated { get; private set; }

    public bool IsRunning => Waiting is null && Terminated is null;

    public void Run()
    {
        (LastTerminated, Terminated, Waiting, Message) = (Terminated ?? LastTerminated, null, null, null);
    }

    public void Wait(string reason, string? message = null)
    {
        (LastTerminated, Terminated, Waiting, Message) = (Terminated ?? LastTerminated, null, reason, message);
    }

    public void Exit(JsonObject terminated) => (Terminated, Waiting, Message) = (terminated, null, null);

    public void Restart()
    {
        Restarts++;
        Previous = Log;
        Log = new LogBuffer(time);
    }
}
