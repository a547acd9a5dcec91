using DaskK8s.Dask.Protocol;
using DaskK8s.Dask.Rpc;
using DaskK8s.Dask.Tasks;
using DaskK8s.Tests.Rigs.Dask;

using Microsoft.Extensions.Logging.Abstractions;

namespace DaskK8s.Tests.Dask.Rpc;

[Collection(DaskProcessesGroup.Name)]
public sealed class SchedulerRpcTests(DaskProcesses dask)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task IdentityAsync_RealScheduler_DescribesItsWorkers()
    {
        await using SchedulerRpc rpc = Create(dask.Address);

        SchedulerInfo info = await rpc.IdentityAsync(Token);

        info.Id.Should().StartWith("Scheduler-");
        info.Address.Should().Be(dask.Address);
        info.Type.Should().Be("Scheduler");
        info.Started.Should().BeCloseTo(DateTimeOffset.UtcNow, TimeSpan.FromHours(1));
        info.TotalThreads.Should().Be(3);
        info.TotalMemory.Should().Be(3L << 30);
        info.Workers.Select(w => w.Name).Should().BeEquivalentTo("cpu-0", "cpu-1", "gpu-0");
        WorkerInfo gpu = info.Workers.Single(w => w.Name == "gpu-0");
        gpu.Address.Should().StartWith("tcp://127.0.0.1:");
        gpu.Host.Should().Be("127.0.0.1");
        gpu.Resources.Should().BeEquivalentTo(new Dictionary<string, double> { ["GPU"] = 1 });
        gpu.Threads.Should().Be(1);
        gpu.MemoryLimit.Should().Be(1L << 30);
        gpu.MemoryUsed.Should().BeGreaterThan(10 << 20);
        gpu.Status.Should().Be("running");
        gpu.LastSeen.Should().BeCloseTo(DateTimeOffset.UtcNow, TimeSpan.FromMinutes(2));
        gpu.LocalDirectory.Should().NotBeNullOrEmpty();
    }

    [Fact]
    public async Task VersionsAsync_RealScheduler_NamesDistributed()
    {
        await using SchedulerRpc rpc = Create(dask.Address);

        IReadOnlyDictionary<string, string?> versions = await rpc.VersionsAsync(Token);

        versions["distributed"].Should().MatchRegex(@"^20\d\d\.\d+");
    }

    [Fact]
    public async Task CallAsync_OneAfterTheOther_UsesOneConnection()
    {
        int dialled = 0;
        SchedulerEndpoint endpoint = SchedulerEndpoint.Parse(dask.Address);
        await using SchedulerRpc rpc = Create(endpoint with
        {
            Dialer = token =>
            {
                dialled++;
                return endpoint.Dialer(token);
            },
        });

        await rpc.IdentityAsync(Token);
        await rpc.VersionsAsync(Token);
        await rpc.WhoHasAsync(null, Token);

        dialled.Should().Be(1);
    }

    [Fact]
    public async Task CallAsync_IdleConnectionWasCut_IsReplacedOnce()
    {
        List<Stream> streams = [];
        SchedulerEndpoint endpoint = SchedulerEndpoint.Parse(dask.Address);
        await using SchedulerRpc rpc = Create(endpoint with
        {
            Dialer = async token =>
            {
                Stream stream = await endpoint.Dialer(token);
                streams.Add(stream);
                return stream;
            },
        });
        await rpc.IdentityAsync(Token);
        await streams[0].DisposeAsync();

        SchedulerInfo info = await rpc.IdentityAsync(Token);

        info.Workers.Should().HaveCount(3);
        streams.Should().HaveCount(2);
    }

    [Fact]
    public async Task CallAsync_BadArgument_ThrowsWithPythonsText()
    {
        await using SchedulerRpc rpc = Create(dask.Address);

        Func<Task> call = () => rpc.CallAsync(
            new RpcCall("retire_workers") { Arguments = new Dictionary<string, object?> { ["n"] = "three" } }, Token);

        DaskRpcException error = (await call.Should().ThrowAsync<DaskRpcException>()).Which;
        error.Operation.Should().Be("retire_workers");
        error.PythonException.Should().Contain("Error");
        error.PythonTraceback.Should().Contain("scheduler.py");
        error.Message.Should().Contain(error.PythonException);
    }

    [Fact]
    public async Task CallAsync_UnknownOperation_GivesNull()
    {
        await using SchedulerRpc rpc = Create(dask.Address);

        object? reply = await rpc.CallAsync(new RpcCall("no_such_operation"), Token);

        reply.Should().BeNull();
    }

    [Fact]
    public async Task RetireWorkersAsync_UnknownAddress_RetiresNone()
    {
        await using SchedulerRpc rpc = Create(dask.Address);

        IReadOnlyList<string> retired = await rpc.RetireWorkersAsync(
            ["tcp://127.0.0.1:1"], remove: true, closeWorkers: false, TimeSpan.FromSeconds(10), Token);

        retired.Should().BeEmpty();
    }

    [Fact]
    public async Task RunFunctionAsync_PickledGlobal_GivesItsResult()
    {
        await using SchedulerRpc rpc = Create(dask.Address);
        byte[] function = "coperator\nadd\n."u8.ToArray();
        byte[] arguments = "(I1\nI2\nt."u8.ToArray();

        object? result = await rpc.RunFunctionAsync(function, arguments, null, Token);

        result.Should().Be(3L);
    }

    [Fact]
    public async Task IdentityAsync_NobodyListens_ThrowsUnreachable()
    {
        await using SchedulerRpc rpc = Create("tcp://127.0.0.1:1");

        Func<Task> call = () => rpc.IdentityAsync(Token);

        (await call.Should().ThrowAsync<SchedulerUnreachableException>()).Which.Address.Should().Be("tcp://127.0.0.1:1");
    }

    internal static SchedulerRpc Create(string address, DaskTlsOptions? tls = null) => Create(SchedulerEndpoint.Parse(address, tls));

    internal static SchedulerRpc Create(SchedulerEndpoint endpoint) =>
        new(endpoint, new SchedulerTimeouts(), TimeProvider.System, NullLogger.Instance);
}
