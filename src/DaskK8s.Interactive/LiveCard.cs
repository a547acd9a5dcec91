namespace DaskK8s.Interactive;

/// <summary>Shows one card for each cell that scales a cluster or waits for its workers, and updates it in place.</summary>
internal sealed class LiveCard
{
    private readonly Lock _lock = new();
    private readonly INotebook _notebook;
    private readonly Dictionary<string, WorkerGroupProgress> _progress = new(StringComparer.Ordinal);

    private object? _cell;
    private Action<object>? _update;
    private string _shown = "";

    public LiveCard(HelmCluster cluster, INotebook notebook)
    {
        _notebook = notebook;
        cluster.Changed += (sender, e) => Show((HelmCluster)sender!, e.Progress);
    }

    private void Show(HelmCluster cluster, WorkerGroupProgress? progress)
    {
        lock (_lock)
        {
            if (progress is null)
            {
                // What was read anew is newer than what was told.
                _progress.Clear();
            }
            else
            {
                _progress[progress.Group] = progress;
            }

            if (_notebook.CurrentCell is not { } cell)
            {
                return;
            }

            ClusterSnapshot snapshot = _progress.Values.Aggregate(ClusterSnapshot.Of(cluster), static (s, p) => s.With(p));
            bool isOwnCell = ReferenceEquals(cell, _cell);
            string text = ClusterCard.ToText(snapshot);
            if (isOwnCell && text == _shown)
            {
                return;
            }

            if (isOwnCell)
            {
                _update!(snapshot);
            }
            else if (progress is not null)
            {
                // A cell that only reads gets no card that it did not ask for.
                _update = _notebook.Display(snapshot);
                _cell = cell;
            }
            else
            {
                return;
            }

            _shown = text;
        }
    }
}
