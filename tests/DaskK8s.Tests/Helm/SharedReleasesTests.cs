using System.Text.Json;

using DaskK8s.Helm.Chart;
using DaskK8s.Helm.Records;
using DaskK8s.Tests.Rigs.Helm;

namespace DaskK8s.Tests.Helm;

public sealed class SharedReleasesTests
{
    private const string Missing = "../shared/releases is not here: releases that Helm wrote are compared only where the workplace has them";

    [Fact]
    public void EveryRelease_ComparedWithTheClustersObjects_HasTheSameGroups()
    {
        Assert.SkipWhen(SharedReleases.Folder is null, Missing);

        foreach (var folder in SharedReleases.All)
        {
            IReadOnlyList<(ReleaseEntry Entry, ReleaseRecord Record)> records = SharedReleases.Decode(folder);
            ReleaseHistory history = ReleaseHistory.Of(records.Select(record => record.Entry))!;
            ReleaseRecord record = records.Single(candidate => candidate.Entry == history.Objects).Record;
            var objects = ChartObjects.FromRecord(record);

            using JsonDocument cluster = SharedReleases.Objects(folder);
            var items = cluster.RootElement.GetProperty("items").EnumerateArray().ToList();
            var deployments = items.Where(item => IsOf(item, "Deployment", record.Name)).ToDictionary(Name, StringComparer.Ordinal);
            var workers = deployments.Values.Where(item => Label(item, "component") == "worker").ToList();

            objects.WorkerGroups.Select(group => group.DeploymentName).Should().BeEquivalentTo(workers.Select(Name), folder);
            objects.Scheduler!.DeploymentName.Should().Be(deployments.Values.Single(item => Label(item, "component") == "scheduler").GetProperty("metadata").GetProperty("name").GetString());
            JsonElement service = items.Single(item => IsOf(item, "Service", record.Name));
            objects.Scheduler.ServiceName.Should().Be(Name(service));
            objects.Scheduler.ServiceType.Should().Be(service.GetProperty("spec").GetProperty("type").GetString());
            foreach (ChartWorkerGroup group in objects.WorkerGroups)
            {
                JsonElement container = deployments[group.DeploymentName].GetProperty("spec").GetProperty("template").GetProperty("spec").GetProperty("containers")[0];
                group.Deployment!.Image.Should().Be(container.GetProperty("image").GetString(), folder);
                Dictionary<string, string> live = ChartWorkerLimits(container);
                GpuResources.Count(group.Deployment.Limits).Should().Be(GpuResources.Count(live), folder);
                group.Deployment.CommandLine.Program.Should().Be(DaskProgram.Worker);
            }
        }
    }

    [Theory]
    [InlineData("helm3-gpu-group", "worker=3/3 gpu-workers=1/1", 2, 3)]
    [InlineData("helm3-configmap-overrides", "worker=1/1 high-mem=0/1 gpu=1/1", 1, 3)]
    [InlineData("helm4-history", "worker=1/1 gpu-workers=1/1", 5, 4)]
    public void Groups_OfARelease_AreThoseOfTheNotes(string folder, string groups, int revision, int helm)
    {
        Assert.SkipWhen(SharedReleases.Folder is null, Missing);
        IReadOnlyList<(ReleaseEntry Entry, ReleaseRecord Record)> records = SharedReleases.Decode(folder);
        ReleaseHistory history = ReleaseHistory.Of(records.Select(record => record.Entry))!;
        ReleaseRecord record = records.Single(candidate => candidate.Entry == history.Objects).Record;

        HelmRelease release = record.ToRelease(folder.Contains("configmap", StringComparison.Ordinal) ? HelmReleaseSource.ConfigMap : HelmReleaseSource.Secret, history);
        var objects = ChartObjects.FromRecord(record);

        string.Join(' ', objects.WorkerGroups.Select(group => $"{group.Name}={group.DeclaredReplicas}/{group.ManifestReplicas}")).Should().Be(groups);
        release.Revision.Should().Be(revision);
        release.Status.Should().Be(HelmReleaseStatus.Deployed);
        release.HelmMajorVersion.Should().Be(helm);
        release.ChartName.Should().Be("dask");
        release.ChartVersion.Should().Be("2025.11.0");
        release.FirstDeployed!.Value.Year.Should().Be(2026);
        release.Deleted.Should().BeNull();
        release.Values.Get<string>("worker.image.tag").Should().Be("2024.12.1");
        release.Values.Get<string>("worker.image.repository").Should().NotBeEmpty();
        release.Values.Get<decimal>("worker.resources.limits.cpu").Should().Be(1);
        release.Values.Get<bool>("jupyter.enabled").Should().BeFalse();
        release.Values.UserSupplied.TryGet<string>("worker.name", out _).Should().BeFalse();
        HelmValues.FromYaml(release.Values.ToYaml()).ToYaml().Should().Be(release.Values.ToYaml());
    }

    private static Dictionary<string, string> ChartWorkerLimits(JsonElement container) =>
        container.TryGetProperty("resources", out JsonElement resources) && resources.TryGetProperty("limits", out JsonElement limits)
            ? limits.EnumerateObject().ToDictionary(limit => limit.Name, limit => limit.Value.ToString(), StringComparer.Ordinal)
            : [];

    private static bool IsOf(JsonElement item, string kind, string release) =>
        item.GetProperty("kind").GetString() == kind && Label(item, "release") == release;

    private static string Name(JsonElement item) => item.GetProperty("metadata").GetProperty("name").GetString()!;

    private static string? Label(JsonElement item, string label) =>
        item.GetProperty("metadata").TryGetProperty("labels", out JsonElement labels) && labels.TryGetProperty(label, out JsonElement value) ? value.GetString() : null;
}
