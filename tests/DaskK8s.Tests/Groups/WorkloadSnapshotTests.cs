using DaskK8s.Groups;

using k8s.Models;

namespace DaskK8s.Tests.Groups;

public sealed class WorkloadSnapshotTests
{
    private static readonly V1Deployment Default = Deployment("my-dask-worker", "d-1");
    private static readonly V1Deployment Gpu = Deployment("my-dask-worker-gpu-workers", "d-2");

    [Fact]
    public void PodsOf_PodsWithTheSameLabels_AreToldApartByOwners()
    {
        WorkloadSnapshot snapshot = new(
            [Default, Gpu],
            [Set("my-dask-worker-abc", "s-1", Default), Set("my-dask-worker-gpu-workers-abc", "s-2", Gpu)],
            [Pod("a", "my-dask-worker-abc", "s-1"), Pod("b", "my-dask-worker-gpu-workers-abc", "s-2"), Pod("c", "my-dask-worker-abc", "s-1")]);

        snapshot.PodsOf(Default).Select(p => p.Metadata.Name).Should().Equal("a", "c");
        snapshot.PodsOf(Gpu).Select(p => p.Metadata.Name).Should().Equal("b");
    }

    [Fact]
    public void PodsOf_OwnerOfTheSameNameWithAnotherUid_IsNoOwner()
    {
        WorkloadSnapshot snapshot = new([Default], [Set("my-dask-worker-abc", "s-1", Default)], [Pod("a", "my-dask-worker-abc", "s-old")]);

        snapshot.PodsOf(Default).Should().BeEmpty();
    }

    [Fact]
    public void PodsOf_ReplicaSetsForbidden_GoesByTheHashInTheOwnersName()
    {
        WorkloadSnapshot snapshot = new(
            [Default, Gpu], null, [Pod("a", "my-dask-worker-abc", "s-1"), Pod("b", "my-dask-worker-gpu-workers-abc", "s-2")]);

        snapshot.PodsOf(Default).Select(p => p.Metadata.Name).Should().Equal("a");
        snapshot.PodsOf(Gpu).Select(p => p.Metadata.Name).Should().Equal("b");
    }

    [Fact]
    public void PodsOf_PodWithoutOwner_BelongsToNobody()
    {
        V1Pod bare = new() { Metadata = new V1ObjectMeta { Name = "bare", Uid = "p" } };

        new WorkloadSnapshot([Default], null, [bare]).PodsOf(Default).Should().BeEmpty();
    }

    private static V1Deployment Deployment(string name, string uid) => new() { Metadata = new V1ObjectMeta { Name = name, Uid = uid } };

    private static V1ReplicaSet Set(string name, string uid, V1Deployment owner) => new()
    {
        Metadata = new V1ObjectMeta { Name = name, Uid = uid, OwnerReferences = [Owner("Deployment", owner.Metadata.Name, owner.Metadata.Uid)] },
    };

    private static V1Pod Pod(string name, string set, string setUid) => new()
    {
        Metadata = new V1ObjectMeta
        {
            Name = name,
            Uid = "p-" + name,
            Labels = new Dictionary<string, string> { ["pod-template-hash"] = "abc" },
            OwnerReferences = [Owner("ReplicaSet", set, setUid)],
        },
    };

    private static V1OwnerReference Owner(string kind, string name, string uid) => new() { Kind = kind, Name = name, Uid = uid, Controller = true };
}
