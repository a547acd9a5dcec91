using System.Text;

namespace DaskK8s.Logs;

/// <summary>Collects a pod's log as one string of limited length; the oldest lines are dropped first.</summary>
internal sealed class LogsText(int longest)
{
    private readonly Queue<string> _lines = new();
    private long _length;
    private bool _cut;

    public void Add(string line, bool isNotice)
    {
        string text = isNotice ? $"[DaskK8s: {line}]" : line;
        _lines.Enqueue(text);
        _length += text.Length + 1;
        while (_length > longest && _lines.Count > 1)
        {
            _length -= _lines.Dequeue().Length + 1;
            _cut = true;
        }
    }

    public override string ToString()
    {
        StringBuilder text = new((int)Math.Min(_length + 64, int.MaxValue));
        if (_cut)
        {
            text.Append("[DaskK8s: earlier lines are left out; see PodLogFilter.MaxCharactersPerPod]\n");
        }

        foreach (string line in _lines)
        {
            text.Append(line).Append('\n');
        }

        return text.ToString();
    }
}
