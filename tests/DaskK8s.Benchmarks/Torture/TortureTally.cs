using System.Collections.Concurrent;

namespace DaskK8s.Benchmarks.Torture;

/// <summary>Counts how calls ended.</summary>
internal sealed class TortureTally(Action<string> say)
{
    private readonly ConcurrentDictionary<string, long> _outcomes = new();
    private readonly ConcurrentDictionary<string, string> _findings = new();
    private long _calls;
    private long _succeeded;
    private long _undocumented;
    private long _late;
    private long _hung;
    private long _wrong;

    public void Ended(string operation, string outcome)
    {
        Interlocked.Increment(ref _calls);
        _outcomes.AddOrUpdate($"{operation}: {outcome}", 1, static (_, n) => n + 1);
    }

    public void Succeeded() => Interlocked.Increment(ref _succeeded);

    public void Undocumented(string operation, Exception e)
    {
        Interlocked.Increment(ref _undocumented);
        Find($"undocumented {operation} {e.GetType()}", e.ToString());
    }

    public void Late(string operation, TimeSpan by, string outcome)
    {
        Interlocked.Increment(ref _late);
        Find($"late {operation} {outcome}", $"{by.TotalSeconds:0.0} s");
    }

    public void Hung(string operation)
    {
        Interlocked.Increment(ref _hung);
        Find($"hung {operation}", "did not end");
    }

    public void Wrong(string operation, string what)
    {
        Interlocked.Increment(ref _wrong);
        Find($"wrong {operation}", what);
    }

    public TortureReport ToReport() => new()
    {
        Calls = _calls,
        Succeeded = _succeeded,
        Undocumented = _undocumented,
        Late = _late,
        Hung = _hung,
        WrongResults = _wrong,
        Findings = [.. _findings.Select(static f => $"{f.Key}: {f.Value}").Order(StringComparer.Ordinal)],
        Outcomes = new SortedDictionary<string, long>(_outcomes, StringComparer.Ordinal),
    };

    private void Find(string kind, string what)
    {
        if (_findings.TryAdd(kind, what))
        {
            say($"{kind}: {what}");
        }
    }
}
