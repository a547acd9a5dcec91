using DaskK8s.Dask.Tasks;
using DaskK8s.Scaling.Lossless;

using k8s.Models;

namespace DaskK8s.Tests.Scaling.Lossless;

public sealed class CandidateRankingTests
{
    [Fact]
    public void Rank_PodsOfAllKinds_PutsTheLeastLossFirst()
    {
        V1Pod[] pods =
        [
            Pod("busy", "10.0.0.1"),
            Pod("idle-with-data", "10.0.0.2"),
            Pod("idle", "10.0.0.3"),
            Pod("drained", "10.0.0.4"),
            Pod("condemned", "10.0.0.5", condemned: true),
            Pod("not-ready", "10.0.0.6", ready: false),
            Pod("pending", null, phase: "Pending"),
            Pod("unassigned", null, phase: "Pending", node: null),
            Pod("held", "10.0.0.7"),
        ];
        WorkerLoad[] workers =
        [
            Load("10.0.0.1", processing: 3),
            Load("10.0.0.2", bytes: 1000),
            Load("10.0.0.3"),
            Load("10.0.0.4", status: "closing_gracefully", bytes: 5000),
            Load("10.0.0.5", processing: 9),
            Load("10.0.0.6", processing: 9),
            Load("10.0.0.7", status: "closing_gracefully", held: true, processing: 1),
        ];

        CandidateRanking.Rank(pods, workers).Select(static v => v.Name).Should().Equal(
            "unassigned", "pending", "not-ready", "condemned", "drained", "held", "idle", "idle-with-data", "busy");
    }

    [Fact]
    public void Rank_SeveralWorkersInAPod_CountTogether()
    {
        V1Pod[] pods = [Pod("one", "10.0.0.1"), Pod("two", "10.0.0.2")];
        WorkerLoad[] workers = [Load("10.0.0.1", processing: 2), Load("10.0.0.2", processing: 1), Load("10.0.0.2", processing: 2, port: 2)];

        IReadOnlyList<ScaleDownCandidate> ranked = CandidateRanking.Rank(pods, workers);

        ranked.Select(static v => v.Name).Should().Equal("one", "two");
        ranked[1].Addresses.Should().Equal("tcp://10.0.0.2:1", "tcp://10.0.0.2:2");
    }

    [Fact]
    public void AreFirst_OneThatStaysIsNotReady_IsFalse()
    {
        V1Pod[] pods = [Pod("drained", "10.0.0.1"), Pod("starting", "10.0.0.2", ready: false), Pod("pending", null, phase: "Pending")];

        CandidateRanking.AreFirst(pods, Set("drained")).Should().BeFalse();
        CandidateRanking.AreFirst(pods, Set("starting")).Should().BeFalse();
        CandidateRanking.AreFirst(pods, Set("pending")).Should().BeTrue();
        CandidateRanking.AreFirst(pods, Set("pending", "starting")).Should().BeTrue();
        CandidateRanking.AreFirst(pods, Set("pending", "starting", "drained")).Should().BeTrue();
        CandidateRanking.AreFirst(pods, Set()).Should().BeTrue();
    }

    [Fact]
    public void Rank_PodOfAnotherGroupAtTheSameAddress_LeavesItUnknownWhoseTheWorkerIs()
    {
        V1Pod[] pods = [Pod("big", "10.0.0.1")];
        WorkerLoad[] loads = [Load("10.0.0.1")];

        CandidateRanking.Rank(pods, loads).Single().Workers.Should().ContainSingle();
        CandidateRanking.Rank(pods, loads, neighbours: [Pod("worker", "10.0.0.1")]).Single().Workers.Should().BeEmpty();
        CandidateRanking.Rank(pods, [.. loads, Load("10.0.0.1", port: 2)], neighbours: [Pod("worker", "10.0.0.1")]).Single().Workers.Should().HaveCount(2);
    }

    [Fact]
    public void IsSteady_PodsOfBothSidesStart_IsFalse()
    {
        V1Pod[] pods = [Pod("ready", "10.0.0.1"), Pod("one", "10.0.0.2", ready: false), Pod("other", "10.0.0.3", ready: false)];

        CandidateRanking.IsSteady(pods, Set("one")).Should().BeFalse();
        CandidateRanking.IsSteady(pods, Set("one", "other")).Should().BeTrue();
        CandidateRanking.IsSteady(pods, Set("ready")).Should().BeTrue();
    }

    [Fact]
    public void HaveAddresses_OneThatLeavesStartsWithoutOne_IsFalseUnlessItFindsNoNode()
    {
        V1Pod pod = Pod("starting", null, ready: false, phase: "Pending");

        CandidateRanking.HaveAddresses([pod], Set("starting")).Should().BeFalse();
        CandidateRanking.HaveAddresses([pod], Set("another")).Should().BeTrue();
        pod.Status.Conditions = [new V1PodCondition { Type = "PodScheduled", Status = "False" }];
        CandidateRanking.HaveAddresses([pod], Set("starting")).Should().BeTrue();
    }

    private static HashSet<string> Set(params string[] uids) => [.. uids];

    private static WorkerLoad Load(string host, int processing = 0, long bytes = 0, string status = "running", bool held = false, int port = 1) =>
        new($"tcp://{host}:{port}", host, status, processing, processing, bytes, held, IsMine: false);

    [Fact]
    public void Choose_ThousandsOfPods_AreThoseThatGoFirstThoseMarkedAndTheirNeighbours()
    {
        V1Pod[] pods =
        [
            .. Enumerable.Range(0, 1000).Select(static i => Pod($"p-{i:0000}", $"10.0.{i / 250}.{i % 250}")),
            Pod("pending", null, phase: "Pending", node: null),
            Pod("not-ready", "10.1.0.1", ready: false),
            Pod("condemned", "10.1.0.2", condemned: true),
            Pod("neighbour", "10.1.0.2"),
        ];

        IReadOnlyList<V1Pod> candidates = CandidateRanking.Choose(pods, need: 2);

        candidates.Should().HaveCountLessThan(100).And.Contain(pods[^4..]);
        CandidateRanking.Choose(pods, need: 900).Should().HaveCount(pods.Length);
        CandidateRanking.Choose(pods[..60], need: 1).Should().HaveCount(60, "a small group is asked about as a whole");
    }

    private static V1Pod Pod(string name, string? ip, bool ready = true, string phase = "Running", string? node = "node", bool condemned = false) => new()
    {
        Metadata = new V1ObjectMeta
        {
            Name = name,
            Uid = name,
            Annotations = condemned ? new Dictionary<string, string> { [PodMarks.CostAnnotation] = "-2147483647" } : null,
        },
        Spec = new V1PodSpec { NodeName = node, Containers = [] },
        Status = new V1PodStatus
        {
            Phase = phase,
            PodIP = ip,
            Conditions = [new V1PodCondition { Type = "Ready", Status = ready && phase == "Running" ? "True" : "False" }],
        },
    };
}
