using System.Xml.Linq;

namespace DaskK8s.Interactive.Tests;

public sealed class ClusterCardTests
{
    [Fact]
    public void ToHtml_ReleaseBeingScaled_ShowsReleaseGroupsAndWhatIsWaitedFor()
    {
        Fragment card = new(ClusterCard.ToHtml(Examples.Scaling));

        card.Text.Should().ContainAll("my-dask", "namespace default", "deployed", "dask 2025.11.0, revision 3", "tcp://127.0.0.1:8786, Dask 2024.12.1", "kind-analytics");
        card.All("a").Single().Attribute("href")!.Value.Should().Be("http://127.0.0.1:8787/status");
        card.All("thead").Single().Descendants("th").Select(static h => h.Value).Should()
            .Equal("Group", "Declared", "Desired", "Ready", "Connected", "Threads", "Memory used", "GPUs per pod");
        card.Rows.Should().BeEquivalentTo(
            new string[][]
            {
                ["worker", "3", "5", "5", "5", "10", "12.00 GiB of 20.00 GiB", "0"],
                ["gpu-workersGPU=1waiting: 1 pod is starting: its image is being pulled", "1", "2", "1", "1", "1", "14.00 GiB of 16.00 GiB", "1"],
                ["high-mem", "0", "0", "0", "0", "0", "–", "0"],
            },
            static o => o.WithStrictOrdering());
        card.All("tfoot").Single().Descendants().Where(static e => e.Name == "td" || e.Name == "th").Select(static c => c.Value).Should()
            .Equal("All groups", "4", "7", "6", "6", "11", "26.00 GiB of 36.00 GiB", "");
    }

    [Fact]
    public void ToHtml_ForAScreenReader_NamesTheRegionTheTableAndEachBar()
    {
        Fragment card = new(ClusterCard.ToHtml(Examples.Scaling));

        card.Root.Name.LocalName.Should().Be("section");
        card.Root.Attribute("aria-label")!.Value.Should().Be("Dask cluster my-dask in namespace default");
        card.All("caption").Single().Value.Should().Be("Worker groups");
        card.All("thead").Descendants("th").Should().OnlyContain(static h => h.Attribute("scope")!.Value == "col");
        card.All("tbody").Descendants("th").Should().OnlyContain(static h => h.Attribute("scope")!.Value == "row").And.HaveCount(3);
        XElement bar = card.Root.Descendants().First(static e => e.Attribute("role")?.Value == "meter");
        bar.Attribute("aria-label")!.Value.Should().Be("Memory used by worker");
        bar.Attribute("aria-valuenow")!.Value.Should().Be("60");
        bar.Attribute("aria-valuetext")!.Value.Should().Be("12.00 GiB of 20.00 GiB, 60 %");
    }

    [Fact]
    public void ToHtml_SelfContained_HasNoScriptNoHandlerAndAsksNobody()
    {
        string html = ClusterCard.ToHtml(Examples.Scaling);

        html.Should().NotContainAny("<script", "<img", "<link", "@import", "url(", "<iframe");
        new Fragment(html).Root.DescendantsAndSelf().Attributes().Should().NotContain(static a => a.Name.LocalName.StartsWith("on"));
    }

    [Theory]
    [MemberData(nameof(Attacks))]
    public void ToHtml_AttackInEveryField_ChangesNoElementAndNoAttribute(string attack)
    {
        Fragment plain = new(ClusterCard.ToHtml(Examples.Hostile("plain")));

        Fragment attacked = new(ClusterCard.ToHtml(Examples.Hostile(attack)));

        attacked.Structure.Should().Equal(plain.Structure);
        attacked.All("a").Should().BeEmpty("only http and https become links");
        attacked.All("style").Single().Value.Should().Be(plain.All("style").Single().Value);
    }

    [Theory]
    [MemberData(nameof(Attacks))]
    public void ToText_AttackInEveryField_HasNoControlOrDirectionCharacter(string attack)
    {
        string text = ClusterCard.ToText(Examples.Hostile(attack));

        text.Where(static c => (char.IsControl(c) && c != '\n') || c is (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069') or '\u200F').Should().BeEmpty();
        text.Split('\n').Should().HaveSameCount(ClusterCard.ToText(Examples.Hostile("plain")).Split('\n'));
    }

    [Fact]
    public void ToText_ReleaseBeingScaled_IsATable() => ClusterCard.ToText(Examples.Scaling).Should().Be(
        """
        Dask cluster my-dask, namespace default, deployed
          chart      dask 2025.11.0, revision 3
          dashboard  http://127.0.0.1:8787/status
          scheduler  tcp://127.0.0.1:8786, Dask 2024.12.1
          context    kind-analytics

        group        declared  desired  ready  connected  threads             memory used  gpus/pod
        worker              3        5      5          5       10  12.00 GiB of 20.00 GiB         0
        gpu-workers         1        2      1          1        1  14.00 GiB of 16.00 GiB         1  GPU=1; waiting: 1 pod is starting: its image is being pulled
        high-mem            0        0      0          0        0                       –         0

        """.ReplaceLineEndings("\n"));

    [Fact]
    public void ToHtml_SchedulerNotReached_SaysSoAndWhy()
    {
        ClusterSnapshot snapshot = Examples.Scaling with
        {
            SchedulerAddress = null,
            DashboardLink = null,
            DaskVersion = null,
            Status = HelmReleaseStatus.PendingUpgrade,
            StatusExplanation = "An upgrade is under way.",
            Limitations = ["The scheduler: a forward is not allowed."],
            Groups = [new GroupSnapshot { Name = "worker", Desired = 3, Ready = 3 }],
        };

        Fragment card = new(ClusterCard.ToHtml(snapshot));

        card.Text.Should().ContainAll("not reached", "pending-upgrade", "An upgrade is under way.", "The scheduler: a forward is not allowed.");
        card.Rows.Single().Should().Equal("worker", "–", "3", "3", "–", "–", "–", "0");
        card.All("tfoot").Should().BeEmpty();
    }

    [Fact]
    public void With_ProgressOfAGroup_ChangesThatGroupOnly()
    {
        WorkerGroupProgress progress = new() { Group = "gpu-workers", Desired = 4, Created = 4, Scheduled = 3, Ready = 2, Connected = 2, Terminating = 0, Waiting = "2 pods" };

        ClusterSnapshot next = Examples.Scaling.With(progress);

        next.Groups[1].Should().BeEquivalentTo(Examples.Scaling.Groups[1] with { Desired = 4, Ready = 2, Connected = 2, Waiting = "2 pods" });
        next.Groups[0].Should().BeSameAs(Examples.Scaling.Groups[0]);
    }

    public static TheoryData<string> Attacks() => [.. Examples.Attacks];
}
