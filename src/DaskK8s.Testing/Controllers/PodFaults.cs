using DaskK8s.Testing.Storage;

namespace DaskK8s.Testing.Controllers;

/// <summary>The active pod faults.</summary>
internal sealed class PodFaults
{
    private readonly Lock _gate = new();
    private readonly List<(PodFault Fault, PodSelector Selector, int ExitCode)> _faults = [];

    public Action Changed { get; set; } = () => { };

    public IDisposable Add(PodFault fault, PodSelector selector, int exitCode = 1)
    {
        (PodFault, PodSelector, int) entry = (fault, selector, exitCode);
        lock (_gate)
        {
            _faults.Add(entry);
        }

        Changed();
        return new Lifting(() =>
        {
            lock (_gate)
            {
                _faults.Remove(entry);
            }

            Changed();
        });
    }

    public bool Has(PodFault fault, StoredObject pod) => Find(fault, pod) is not null;

    public int? ExitCode(StoredObject pod) => Find(PodFault.CrashLoop, pod);

    public string? Unschedulable(StoredObject pod) => Has(PodFault.Unschedulable, pod) ? "node(s) had untolerated taint {daskk8s.test/fault: }" : null;

    private int? Find(PodFault fault, StoredObject pod)
    {
        lock (_gate)
        {
            foreach ((PodFault kind, PodSelector selector, int exitCode) in _faults)
            {
                if (kind == fault && selector.Matches(pod.Key.Namespace, pod.Key.Name, pod.Value.Map("metadata", "labels")))
                {
                    return exitCode;
                }
            }

            return null;
        }
    }

    private sealed class Lifting(Action lift) : IDisposable
    {
        private Action? _lift = lift;

        public void Dispose() => Interlocked.Exchange(ref _lift, null)?.Invoke();
    }
}
