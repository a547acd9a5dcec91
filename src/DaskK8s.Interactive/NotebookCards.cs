using System.Runtime.CompilerServices;

using Apache.Arrow;

using DaskK8s.Interactive.Views;

namespace DaskK8s.Interactive;

/// <summary>Registers the views in a notebook, and keeps its cards up to date.</summary>
public sealed class NotebookCards
{
    private readonly INotebook _notebook;
    private readonly ConditionalWeakTable<HelmCluster, LiveCard> _followed = [];

    private NotebookCards(INotebook notebook) => _notebook = notebook;

    /// <summary>Gets the views of all types of this library that a notebook can show.</summary>
    public static IReadOnlyList<NotebookView> Views { get; } =
    [
        NotebookView.Of<HelmCluster>(ClusterCard.ToHtml, ClusterCard.ToText),
        NotebookView.Of<ClusterSnapshot>(ClusterCard.ToHtml, ClusterCard.ToText),
        NotebookView.Of<WorkerGroup>(static g => WorkerGroupsView.ToHtml([g]), static g => WorkerGroupsView.ToText([g])),
        NotebookView.Of<IEnumerable<WorkerGroup>>(WorkerGroupsView.ToHtml, WorkerGroupsView.ToText),
        NotebookView.Of<SchedulerInfo>(SchedulerView.ToHtml, SchedulerView.ToText),
        NotebookView.Of<IEnumerable<PodLogLine>>(LogView.ToHtml, LogView.ToText),
        NotebookView.Of<PodLogs>(LogView.ToHtml, LogView.ToText),
        NotebookView.Of<DaskFuture>(FutureView.ToHtml, FutureView.ToText),
        NotebookView.Of<IEnumerable<DaskFuture>>(FutureView.ToHtml, FutureView.ToText),
        NotebookView.Of<Table>(TableView.ToHtml, TableView.ToText),
        NotebookView.Of<RecordBatch>(TableView.ToHtml, TableView.ToText),
        NotebookView.Of<DaskK8sException>(ErrorView.ToHtml, ErrorView.ToText),
    ];

    /// <summary>Registers the views. Once shown, a cluster is followed: a cell that scales it or waits for its workers shows a card that is updated in place.</summary>
    /// <param name="notebook">The notebook.</param>
    /// <returns>The cards of the notebook.</returns>
    public static NotebookCards Start(INotebook notebook)
    {
        ArgumentNullException.ThrowIfNull(notebook);
        NotebookCards cards = new(notebook);
        foreach (NotebookView view in Views)
        {
            notebook.Register(view.Type == typeof(HelmCluster) ? view with { ToHtml = cards.ShowAndFollow } : view);
        }

        return cards;
    }

    /// <summary>Follows a cluster that has not been shown.</summary>
    /// <param name="cluster">The cluster.</param>
    public void Follow(HelmCluster cluster)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        _followed.GetValue(cluster, c => new LiveCard(c, _notebook));
    }

    private string ShowAndFollow(object value)
    {
        HelmCluster cluster = (HelmCluster)value;
        Follow(cluster);
        return ClusterCard.ToHtml(cluster);
    }
}
