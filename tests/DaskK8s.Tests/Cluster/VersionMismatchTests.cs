using DaskK8s.Dask.Tasks;

namespace DaskK8s.Tests.Cluster;

public sealed class VersionMismatchTests
{
    [Fact]
    public void FindMismatches_GroupWithAnotherNumpy_NamesPackageAndGroups()
    {
        NodeVersions scheduler = Node(null, "3.11.2", "1.26");

        IReadOnlyList<VersionMismatch> mismatches = HelmCluster.FindMismatches(
            scheduler, [Node("worker", "3.11.2", "1.26"), Node("gpu-workers", "3.11.2", "2.1"), Node("gpu-workers", "3.11.2", "2.1")]);

        mismatches.Should().ContainSingle().Which.ToString().Should().Be("numpy: scheduler 1.26, worker 1.26, gpu-workers 2.1");
    }

    [Fact]
    public void FindMismatches_PackageMissingOnOneSide_IsAMismatch()
    {
        IReadOnlyList<VersionMismatch> mismatches = HelmCluster.FindMismatches(Node(null, "3.11.2", null), [Node("worker", "3.11.2", "1.26")]);

        mismatches.Should().ContainSingle().Which.Package.Should().Be("numpy");
    }

    [Fact]
    public void FindMismatches_AllAlike_GivesNone() =>
        HelmCluster.FindMismatches(Node(null, "3.11.2", "1.26"), [Node("worker", "3.11.2", "1.26")]).Should().BeEmpty();

    private static NodeVersions Node(string? group, string python, string? numpy) =>
        new(python, new Dictionary<string, string?> { ["numpy"] = numpy, ["dask"] = "2024.12.1" }, group);
}
