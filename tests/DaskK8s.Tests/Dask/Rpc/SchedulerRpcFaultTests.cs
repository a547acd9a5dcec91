using DaskK8s.Dask.Protocol;
using DaskK8s.Dask.Rpc;
using DaskK8s.Tests.Rigs.Dask;

using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace DaskK8s.Tests.Dask.Rpc;

public sealed class SchedulerRpcFaultTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task IdentityAsync_SilentScheduler_TimesOut()
    {
        FakeTimeProvider time = new();
        FakeScheduler fake = new() { ClosesAfterwards = false };
        await using SchedulerRpc rpc = Create(fake, time);

        Task<SchedulerInfo> call = rpc.IdentityAsync(Token);
        await AdvanceUntilDoneAsync(call, time);

        SchedulerTimeoutException error = (await call.Awaiting(c => c).Should().ThrowAsync<SchedulerTimeoutException>()).Which;
        error.Operation.Should().Be("identity");
        error.Timeout.Should().Be(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task IdentityAsync_NoHandshake_TimesOutInHandshake()
    {
        FakeTimeProvider time = new();
        await using SchedulerRpc rpc = Create(new FakeScheduler { SendsHandshake = false }, time);

        Task<SchedulerInfo> call = rpc.IdentityAsync(Token);
        await AdvanceUntilDoneAsync(call, time);

        (await call.Awaiting(c => c).Should().ThrowAsync<SchedulerTimeoutException>()).Which.Operation.Should().Be("handshake");
    }

    [Fact]
    public async Task IdentityAsync_ClosedInsteadOfAnswered_ThrowsUnreachable()
    {
        await using SchedulerRpc rpc = Create(new FakeScheduler(), TimeProvider.System);

        Func<Task> call = () => rpc.IdentityAsync(Token);

        (await call.Should().ThrowAsync<SchedulerUnreachableException>()).WithMessage("*closed the connection*");
    }

    [Fact]
    public async Task IdentityAsync_Cancelled_ThrowsOperationCanceled()
    {
        using CancellationTokenSource source = new();
        await using SchedulerRpc rpc = Create(new FakeScheduler { ClosesAfterwards = false }, TimeProvider.System);

        Task<SchedulerInfo> call = rpc.IdentityAsync(source.Token);
        await source.CancelAsync();

        await call.Awaiting(c => c).Should().ThrowAsync<OperationCanceledException>();
    }

    [Fact]
    public async Task IdentityAsync_GarbledAnswer_ThrowsProtocolExceptionAndDropsTheConnection()
    {
        FakeScheduler fake = new(FakeMessages.Frame([0xc1]), FakeMessages.Frame(SyntheticIdentity.Create(1)));
        await using SchedulerRpc rpc = Create(fake, TimeProvider.System);

        await rpc.Awaiting(r => r.IdentityAsync(Token)).Should().ThrowAsync<DaskProtocolException>();
        SchedulerInfo info = await rpc.IdentityAsync(Token);

        info.Workers.Should().ContainSingle();
    }

    [Fact]
    public async Task CallAsync_IdleTooLong_DialsAnew()
    {
        FakeTimeProvider time = new();
        FakeScheduler fake = new(FakeMessages.Frame(SyntheticIdentity.Create(1)), FakeMessages.Frame(SyntheticIdentity.Create(2)))
        {
            ClosesAfterwards = false,
        };
        await using SchedulerRpc rpc = Create(fake, time);
        await rpc.IdentityAsync(Token);
        time.Advance(TimeSpan.FromMinutes(2));

        await rpc.IdentityAsync(Token);

        fake.Dialled.Should().Be(2);
    }

    [Theory]
    [InlineData("tcp://127.0.0.1:8786", "tcp://127.0.0.1:8786", false)]
    [InlineData("127.0.0.1", "tcp://127.0.0.1:8786", false)]
    [InlineData("tls://scheduler.dask:9000", "tls://scheduler.dask:9000", true)]
    [InlineData("tcp://[::1]:1234", "tcp://[::1]:1234", false)]
    public void Parse_SchedulerAddress_IsUnderstood(string address, string expected, bool tls)
    {
        SchedulerEndpoint endpoint = SchedulerEndpoint.Parse(address);

        endpoint.Address.Should().Be(expected);
        (endpoint.Tls is not null).Should().Be(tls);
    }

    [Theory]
    [InlineData("http://127.0.0.1:8787")]
    [InlineData("")]
    [InlineData("tcp://")]
    public void Parse_SomethingElse_ThrowsArgumentException(string address)
    {
        Action parse = () => SchedulerEndpoint.Parse(address);

        parse.Should().Throw<ArgumentException>().WithMessage("*tcp://host:port*");
    }

    private static SchedulerRpc Create(FakeScheduler fake, TimeProvider time) =>
        new(fake.Endpoint, new SchedulerTimeouts(), time, NullLogger.Instance);

    private static async Task AdvanceUntilDoneAsync(Task task, FakeTimeProvider time)
    {
        while (!task.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
    }
}
