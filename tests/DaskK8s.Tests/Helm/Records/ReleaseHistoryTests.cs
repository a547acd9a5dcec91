using System.Text.Json.Nodes;
using DaskK8s.Helm.Records;
using DaskK8s.Tests.Rigs.Helm;

namespace DaskK8s.Tests.Helm.Records;

public sealed class ReleaseHistoryTests
{
    [Theory]
    [InlineData("sh.helm.release.v1.my-dask.v2", "my-dask", 2)]
    [InlineData("sh.helm.release.v1.my.dotted.name.v12", "my.dotted.name", 12)]
    [InlineData("sh.helm.release.v1.a.v1.v3", "a.v1", 3)]
    [InlineData("sh.helm.release.v1.v1.v1", "v1", 1)]
    public void TryParseObjectName_OfARecord_FindsReleaseAndRevision(string name, string release, int revision)
    {
        ReleaseEntry.TryParseObjectName(name, out var parsed, out var number).Should().BeTrue();
        parsed.Should().Be(release);
        number.Should().Be(revision);
    }

    [Theory]
    [InlineData("sh.helm.release.v1.x")]
    [InlineData("sh.helm.release.v1..v1")]
    [InlineData("sh.helm.release.v1.x.v")]
    [InlineData("sh.helm.release.v1.x.v-1")]
    [InlineData("sh.helm.release.v1.x.v99999999999")]
    [InlineData("sh.helm.release.v1.")]
    [InlineData("my-secret")]
    [InlineData("")]
    public void TryParseObjectName_OfAnythingElse_IsFalse(string name) =>
        ReleaseEntry.TryParseObjectName(name, out _, out _).Should().BeFalse();

    [Fact]
    public void TryCreate_FromLabels_WinsOverTheName()
    {
        Dictionary<string, string> labels = new() { ["owner"] = "helm", ["name"] = "tea", ["version"] = "7", ["status"] = "pending-rollback" };

        ReleaseEntry.TryCreate("renamed", labels, out ReleaseEntry? entry).Should().BeTrue();

        entry.Should().Be(new ReleaseEntry("renamed", "tea", 7, HelmReleaseStatus.PendingRollback));
    }

    [Fact]
    public void TryCreate_WithoutLabels_ReadsTheName()
    {
        ReleaseEntry.TryCreate("sh.helm.release.v1.tea.v3", null, out ReleaseEntry? entry).Should().BeTrue();
        entry.Should().Be(new ReleaseEntry("sh.helm.release.v1.tea.v3", "tea", 3, HelmReleaseStatus.Unknown));
        ReleaseEntry.TryCreate("something", null, out _).Should().BeFalse();
    }

    [Theory]
    [InlineData("1:superseded 2:deployed", 2, 2, null)]
    [InlineData("10:deployed 9:superseded 2:superseded", 10, 10, null)]
    [InlineData("1:superseded 2:deployed 3:failed", 3, 2, "*Revision 3*failed*revision 2*")]
    [InlineData("1:deployed 2:pending-upgrade", 2, 1, "*pending-upgrade*revision 1*helm rollback*")]
    [InlineData("1:pending-install", 1, 1, "*pending-install*incomplete*")]
    [InlineData("1:failed", 1, 1, "*failed*incomplete*")]
    [InlineData("1:superseded 2:uninstalled", 2, 2, "*was uninstalled*")]
    [InlineData("1:superseded 2:uninstalling", 2, 2, "*being uninstalled*")]
    [InlineData("1:deployed 2:pending-rollback", 2, 1, "*pending-rollback*")]
    [InlineData("1:deployed 2:deployed", 2, 2, null)]
    [InlineData("1:strange", 1, 1, "*unknown*")]
    public void Of_AHistory_ChoosesAndExplains(string revisions, int newest, int objects, string? explanation)
    {
        IEnumerable<ReleaseEntry> entries = revisions.Split(' ').Select(text => text.Split(':')).Select(parts =>
            new ReleaseEntry($"sh.helm.release.v1.tea.v{parts[0]}", "tea", int.Parse(parts[0]), ReleaseStatusText.Parse(parts[1])));

        ReleaseHistory history = ReleaseHistory.Of(entries)!;

        history.Newest.Revision.Should().Be(newest);
        history.Objects.Revision.Should().Be(objects);
        if (explanation is null)
        {
            history.Explanation.Should().BeNull();
        }
        else
        {
            history.Explanation.Should().Match(explanation);
        }
    }

    [Fact]
    public void Group_OfANamespace_OrdersByName()
    {
        IReadOnlyList<ReleaseHistory> groups = ReleaseHistory.Group([new("a", "tea", 2, default), new("b", "coffee", 1, default), new("c", "tea", 1, default)]);

        groups.Select(group => $"{group.ReleaseName} {group.Newest.Revision} {group.Entries.Count}").Should().Equal("coffee 1 1", "tea 2 2");
        ReleaseHistory.Of([]).Should().BeNull();
    }

    [Theory]
    [InlineData(HelmReleaseStatus.Unknown, "unknown")]
    [InlineData(HelmReleaseStatus.Deployed, "deployed")]
    [InlineData(HelmReleaseStatus.Uninstalled, "uninstalled")]
    [InlineData(HelmReleaseStatus.Superseded, "superseded")]
    [InlineData(HelmReleaseStatus.Failed, "failed")]
    [InlineData(HelmReleaseStatus.Uninstalling, "uninstalling")]
    [InlineData(HelmReleaseStatus.PendingInstall, "pending-install")]
    [InlineData(HelmReleaseStatus.PendingUpgrade, "pending-upgrade")]
    [InlineData(HelmReleaseStatus.PendingRollback, "pending-rollback")]
    public void Parse_EveryStatus_GoesBothWays(HelmReleaseStatus status, string text)
    {
        ReleaseStatusText.Parse(text).Should().Be(status);
        status.ToHelm().Should().Be(text);
    }

    [Fact]
    public void NotFound_OfARelease_ListsThoseThatThereAre()
    {
        HelmReleaseNotFoundException error = new("tee", "h4", ["tea", "coffee"]);
        error.Message.Should().Contain("'tee' in namespace 'h4'").And.Contain("tea, coffee");
        error.Releases.Should().Equal("tea", "coffee");

        new HelmReleaseNotFoundException("tee", "h4", []).Message.Should().Contain("HELM_DRIVER=sql");
    }

    [Fact]
    public void ToRelease_WithANewerFailedRevision_TellsBoth()
    {
        var history = ReleaseHistory.Of([new("x", "tea", 1, HelmReleaseStatus.Deployed), new("y", "tea", 2, HelmReleaseStatus.Failed)]);
        JsonObject newest = TestRecord.Json();
        newest["version"] = 2;
        newest["info"]!["status"] = "failed";
        newest["info"]!["description"] = "Upgrade failed";

        HelmRelease release = TestRecord.Decode(TestRecord.Json()).ToRelease(HelmReleaseSource.Secret, history, TestRecord.Decode(newest));

        release.Revision.Should().Be(2);
        release.ObjectsRevision.Should().Be(1);
        release.Status.Should().Be(HelmReleaseStatus.Failed);
        release.Description.Should().Be("Upgrade failed");
        release.StatusExplanation.Should().Contain("revision 1");
        release.ToString().Should().Contain("Revision = 2").And.Contain("ObjectsRevision = 1");
    }
}
