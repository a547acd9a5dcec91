using System.Globalization;

using DaskK8s.Interactive.Views;

namespace DaskK8s.Interactive.Tests;

public sealed class WorkerGroupsViewTests
{
    [Fact]
    public async Task ToHtml_GroupsOfARelease_ShowsEachWithItsNumbersAndImage()
    {
        await using EmbeddedRelease release = await EmbeddedRelease.StartAsync();
        IReadOnlyList<WorkerGroup> groups = await release.Helm.GetWorkerGroupsAsync(TestContext.Current.CancellationToken);

        Fragment view = new(WorkerGroupsView.ToHtml(groups));
        string text = WorkerGroupsView.ToText(groups);

        view.Rows.Should().HaveCount(groups.Count).And.HaveCountGreaterThan(1);
        foreach ((IReadOnlyList<string> row, WorkerGroup group) in view.Rows.Select(static r => (IReadOnlyList<string>)[.. r]).Zip(groups))
        {
            row[0].Should().StartWith(group.Name);
            row.Skip(1).Take(4).Should().Equal(Number(group.Declared), Number(group.Desired), Number(group.Ready), Number(group.GpuCount));
            row.Should().Contain(group.Image);
            text.Should().Contain(group.Name);
        }
    }

    private static string Number(long? number) => number is { } n ? n.ToString(CultureInfo.InvariantCulture) : "–";
}
