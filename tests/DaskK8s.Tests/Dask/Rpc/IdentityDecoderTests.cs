using DaskK8s.Dask.Protocol;
using DaskK8s.Dask.Rpc;
using DaskK8s.Tests.Rigs.Dask;

namespace DaskK8s.Tests.Dask.Rpc;

public sealed class IdentityDecoderTests
{
    [Fact]
    public void Decode_AnswerOf2022_ReadsEveryField()
    {
        SchedulerInfo info = Decode(SyntheticIdentity.Create(5));

        info.Id.Should().StartWith("Scheduler-5d4f");
        info.Address.Should().Be("tcp://10.42.0.5:8786");
        info.Services.Should().Contain("dashboard", 8787);
        info.Started.Should().Be(new DateTimeOffset(2024, 4, 1, 0, 0, 0, 250, TimeSpan.Zero));
        info.TotalThreads.Should().Be(10);
        info.TotalMemory.Should().Be(20L << 30);
        info.Workers[4].Should().BeEquivalentTo(new WorkerInfo
        {
            Address = "tcp://10.42.0.4:40004",
            Name = "my-dask-worker-7c9d8b5f4-00004",
            Host = "10.42.0.4",
            Threads = 2,
            MemoryLimit = 4L << 30,
            MemoryUsed = (100L << 20) + 4,
            CpuPercent = 12.5,
            Status = "running",
            Resources = new Dictionary<string, double> { ["GPU"] = 1 },
            Tasks = new WorkerTaskCounts(2, 0, 1, 3, 4, 7, 11),
            LastSeen = new DateTimeOffset(2024, 4, 1, 0, 1, 40, 500, TimeSpan.Zero),
            Nanny = "tcp://10.42.0.4:30004",
            LocalDirectory = "/tmp/dask-worker-space/worker-00000004",
        });
        info.Workers[1].Resources.Should().BeEmpty();
    }

    [Fact]
    public void Decode_AnswerOf2024_ReadsSparseCountsAndNumberedNames()
    {
        SchedulerInfo info = Decode(SyntheticIdentity.Create(3, sparse: true));

        info.Workers[2].Name.Should().Be("2");
        info.Workers[2].Tasks.Should().Be(new WorkerTaskCounts(2, 0, 0, 0, 0, 7, 0));
    }

    [Fact]
    public void Decode_WorkerThatHasNotBeatenYet_ReadsZeros()
    {
        SchedulerInfo info = Decode(FakeMessages.Pack(FakeMessages.Map(
            ("id", "Scheduler-1"),
            ("workers", FakeMessages.Map(("tcp://10.0.0.1:1", FakeMessages.Map(("name", "a"), ("metrics", null), ("memory_limit", null))))))));

        info.Workers.Should().ContainSingle().Which.MemoryUsed.Should().Be(0);
    }

    [Fact]
    public void Decode_NoMap_ThrowsProtocolException()
    {
        Action decode = () => Decode(FakeMessages.Pack(null));

        decode.Should().Throw<DaskProtocolException>().WithMessage("*not a Dask scheduler*");
    }

    [Fact]
    public void Decode_SomeWorkersOfMany_KeepsTheTotalsAndNoPartOfTheWorkers()
    {
        SchedulerInfo info = Decode(SyntheticIdentity.Create(3, all: 10_000));

        info.WorkerCount.Should().Be(10_000);
        info.TotalThreads.Should().Be(20_000);
        info.TotalMemory.Should().Be(10_000 * (4L << 30));
        info.Workers.Should().BeEmpty();
        info.HasAllWorkers.Should().BeFalse();
    }

    private static SchedulerInfo Decode(byte[] body) => Msgpack.Decode(new DaskMessage([body]), IdentityDecoder.Decode);
}
