using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using DaskK8s.Testing.Processes;
using DaskK8s.Testing.Storage;

namespace DaskK8s.Testing.Controllers;

/// <summary>Runs the pods that are bound to the node.</summary>
internal sealed class Kubelet(ObjectStore store, EventRecorder events, EmbeddedClusterOptions options, PodFaults faults, PodNetwork network, DaskRunner? dask) : IAsyncDisposable
{
    private readonly PodStatusWriter _status = new(store, options, faults, network);
    private readonly ConcurrentDictionary<string, PodRun> _runs = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Task, byte> _tasks = new();
    private readonly ConcurrentDictionary<ObjectKey, byte> _homeless = new();

    public PodRun? RunOf(StoredObject pod) => _runs.GetValueOrDefault(pod.Uid);

    /// <summary>Removes and returns the pods that wait for an address, so that they are reconciled again.</summary>
    public IReadOnlyList<ObjectKey> TakeHomeless()
    {
        ObjectKey[] all = [.. _homeless.Keys];
        _homeless.Clear();
        return all;
    }

    public void NamesChanged() => dask?.NamesChanged();

    public void Sync(StoredObject pod)
    {
        if (pod.IsTerminating)
        {
            if (faults.Has(PodFault.NodeLost, pod))
            {
                return;
            }

            if (_runs.TryGetValue(pod.Uid, out PodRun? ending) && !ending.Terminating)
            {
                ending.Terminating = true;
                Background(TerminateAsync(pod, ending));
            }
            else if (ending is null)
            {
                store.Delete(pod.Key, pod.Uid);
            }

            return;
        }

        if (!_runs.TryGetValue(pod.Uid, out PodRun? run))
        {
            bool hasProcess = HasProcess(pod);
            if ((hasProcess ? network.Next() : network.NextMadeUp()) is not { } address)
            {
                // As a real kubelet does without an address left; the pods that wait are looked at again when one goes.
                _homeless[pod.Key] = 0;
                events.Record(
                    pod, "Warning", "FailedCreatePodSandBox", $"Failed to create pod sandbox: no IP addresses available: the embedded cluster runs at most {PodNetwork.MaxProcessPods} pods with processes", "kubelet");
                return;
            }

            _homeless.TryRemove(pod.Key, out _);
            _runs[pod.Uid] = run = new PodRun(
                pod.Uid, address, [.. pod.Value.Objects("spec", "containers").Select(container => new ContainerRun(container.Text("name")!, store.Time))]);
        }

        if (faults.Has(PodFault.ImagePull, pod) && !run.Started)
        {
            FailPull(pod, run);
            return;
        }

        if (!run.Started)
        {
            run.Started = true;
            run.PullFailed = false;
            Start(pod, run);
            return;
        }

        _status.Write(pod, run);
    }

    public void PodGone(StoredObject pod)
    {
        if (_runs.TryRemove(pod.Uid, out PodRun? run))
        {
            run.Stop.Cancel();
            network.Release(run.Address);
            foreach (ContainerRun container in run.Containers)
            {
                container.Process?.Kill();
                container.Log.End();
            }
        }
    }

    public void SetReady(StoredObject pod, bool? ready)
    {
        if (RunOf(pod) is { } run)
        {
            run.ReadyByHand = ready;
            _status.Write(pod, run);
        }
    }

    /// <summary>Ends a container's run; without a process, its exit is simulated.</summary>
    public void Kill(StoredObject pod, ContainerRun container, int exitCode)
    {
        if (container.Process is { } process)
        {
            process.Kill();
        }
        else if (RunOf(pod) is { } run)
        {
            container.Log.End();
            Background(DieAsync(pod, run, container, exitCode));
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (PodRun run in _runs.Values)
        {
            await run.Stop.CancelAsync().ConfigureAwait(false);
            foreach (ContainerRun container in run.Containers)
            {
                container.Process?.Kill();
                container.Log.End();
            }
        }

        await Task.WhenAll(_tasks.Keys).ConfigureAwait(false);
        _runs.Clear();
    }

    private string Now => Json.Timestamp(store.Time.GetUtcNow());

    private bool HasProcess(StoredObject pod) => dask is not null && pod.Value.Objects("spec", "containers").Any(DaskCommand.IsDask);

    private void Background(Task task)
    {
        _tasks[task] = 0;
        _ = task.ContinueWith(done => _tasks.TryRemove(done, out _), TaskScheduler.Default);
    }

    private void Start(StoredObject pod, PodRun run)
    {
        List<JsonObject> specs = [.. pod.Value.Objects("spec", "containers")];
        if (faults.ExitCode(pod) is not null || (dask is not null && specs.Exists(DaskCommand.IsDask)))
        {
            _status.Write(pod, run);
            for (int i = 0; i < specs.Count; i++)
            {
                Background(RunContainerAsync(pod, run, run.Containers[i], specs[i]));
            }

            return;
        }

        foreach (ContainerRun container in run.Containers)
        {
            Begin(pod, container);
        }

        _status.Write(pod, run);
    }

    private void Begin(StoredObject pod, ContainerRun container)
    {
        container.Run();
        string image = pod.Value.Objects("spec", "containers").First(spec => spec.Text("name") == container.Name).Text("image") ?? string.Empty;
        events.Record(pod, "Normal", "Pulled", $"Container image \"{image}\" already present on machine", "kubelet");
        events.Record(pod, "Normal", "Created", $"Created container: {container.Name}", "kubelet");
        events.Record(pod, "Normal", "Started", $"Started container {container.Name}", "kubelet");
    }

    private void FailPull(StoredObject pod, PodRun run)
    {
        string image = pod.Value.Objects("spec", "containers").First().Text("image") ?? string.Empty;
        if (run.PullFailed)
        {
            run.Containers[0].Wait("ImagePullBackOff", $"Back-off pulling image \"{image}\"");
            _status.Write(pod, run);
            return;
        }

        run.PullFailed = true;
        string why = $"Failed to pull image \"{image}\": rpc error: code = NotFound desc = failed to pull and unpack image \"{image}\": failed to resolve reference \"{image}\": {image}: not found";
        events.Record(pod, "Normal", "Pulling", $"Pulling image \"{image}\"", "kubelet");
        events.Record(pod, "Warning", "Failed", why, "kubelet");
        events.Record(pod, "Warning", "Failed", "Error: ErrImagePull", "kubelet");
        run.Containers[0].Wait("ErrImagePull", why);
        _status.Write(pod, run);
        events.Record(pod, "Normal", "BackOff", $"Back-off pulling image \"{image}\"", "kubelet");
    }

    private async Task RunContainerAsync(StoredObject pod, PodRun run, ContainerRun container, JsonObject spec)
    {
        try
        {
            while (!run.Stop.IsCancellationRequested)
            {
                int exitCode;
                if (faults.ExitCode(pod) is { } faultCode)
                {
                    Begin(pod, container);
                    container.Log.Add("Traceback (most recent call last): the container was told to crash");
                    exitCode = faultCode;
                }
                else if (dask is null || !DaskCommand.IsDask(spec))
                {
                    Begin(pod, container);
                    _status.Write(pod, run);
                    return;
                }
                else
                {
                    container.Process = await dask.StartAsync(pod, run, spec, container.Log, run.Stop.Token).ConfigureAwait(false);
                    Begin(pod, container);
                    _status.Write(pod, run);
                    exitCode = await container.Process.Exited.ConfigureAwait(false);
                    container.Process = null;
                }

                container.Log.End();
                if (run.Terminating || run.Stop.IsCancellationRequested)
                {
                    return;
                }

                await CrashedAsync(pod, run, container, exitCode).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
        }
        catch (Exception e)
        {
            // A process that cannot be started is told where a user of the cluster looks: in the pod's log.
            container.Log.Add($"The container could not be started: {e.Message}");
            container.Wait("RunContainerError", e.Message);
            _status.Write(pod, run);
        }
    }

    private async Task DieAsync(StoredObject pod, PodRun run, ContainerRun container, int exitCode)
    {
        try
        {
            await CrashedAsync(pod, run, container, exitCode).ConfigureAwait(false);
            Begin(pod, container);
            _status.Write(pod, run);
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task CrashedAsync(StoredObject pod, PodRun run, ContainerRun container, int exitCode)
    {
        string reason = exitCode == 0 ? "Completed" : "Error";
        JsonObject terminated = new() { ["exitCode"] = exitCode, ["reason"] = reason, ["startedAt"] = Now, ["finishedAt"] = Now, ["containerID"] = PodStatusWriter.ContainerId(run, container) };
        if (pod.Value.Text("spec", "restartPolicy") == "Never" || (pod.Value.Text("spec", "restartPolicy") == "OnFailure" && exitCode == 0))
        {
            container.Exit(terminated);
            run.EndPhase = exitCode == 0 ? "Succeeded" : "Failed";
            _status.Write(pod, run);
            await run.Stop.CancelAsync().ConfigureAwait(false);
            return;
        }

        container.Exit(terminated);
        _status.Write(pod, run);
        if (container.Crashes > 0)
        {
            double factor = Math.Min(32, Math.Pow(2, container.Crashes - 1));
            string message = $"back-off {(int)(10 * factor)}s restarting failed container={container.Name} pod={pod.Key.Name}_{pod.Key.Namespace}({pod.Uid})";
            container.Wait("CrashLoopBackOff", message);
            _status.Write(pod, run);
            events.Record(pod, "Warning", "BackOff", $"Back-off restarting failed container {container.Name} in pod {pod.Key.Name}_{pod.Key.Namespace}({pod.Uid})", "kubelet");
            await Task.Delay(options.CrashBackOff * factor, run.Stop.Token).ConfigureAwait(false);
        }

        container.Crashes++;
        container.Restart();
    }

    private async Task TerminateAsync(StoredObject pod, PodRun run)
    {
        foreach (ContainerRun container in run.Containers)
        {
            events.Record(pod, "Normal", "Killing", $"Stopping container {container.Name}", "kubelet");
        }

        TimeSpan grace = TimeSpan.FromSeconds(pod.Value.Number("metadata", "deletionGracePeriodSeconds") ?? 30);
        Task ended = Task.WhenAll(run.Containers.Select(container => container.Process?.Exited ?? Task.CompletedTask));
        if (faults.Has(PodFault.IgnoresTermination, pod))
        {
            ended = Task.Delay(Timeout.InfiniteTimeSpan, run.Stop.Token);
        }
        else
        {
            foreach (ContainerRun container in run.Containers)
            {
                container.Process?.Terminate();
            }
        }

        try
        {
            await ended.WaitAsync(grace, store.Time, run.Stop.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            // The grace period is over, or the pod was removed by force: what is left is killed when the object goes.
        }

        store.Delete(pod.Key, pod.Uid);
    }
}
