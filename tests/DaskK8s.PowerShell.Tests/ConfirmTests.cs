namespace DaskK8s.PowerShell.Tests;

/// <summary>What changes something asks before, or only says what it would do.</summary>
public sealed class ConfirmTests(ReleaseFixture fixture) : IClassFixture<ReleaseFixture>
{
    [Theory]
    [InlineData("Set-DaskWorkerGroup -Replicas 9")]
    [InlineData("Set-DaskWorkerGroup gpu-workers -Gpus 4")]
    [InlineData("Get-DaskWorkerGroup | Set-DaskWorkerGroup -Replicas 0 -Immediate")]
    [InlineData("Start-DaskAdaptive -Maximum 9")]
    public async Task WhatIf_ChangesNothing(string script)
    {
        using Session session = fixture.Connect();
        (int? worker, int? gpu) = (await fixture.ReplicasAsync("my-dask-worker"), await fixture.ReplicasAsync("my-dask-worker-gpu-workers"));
        fixture.Cluster.ClearRequests();

        session.Run($"{script} -WhatIf").Should().BeEmpty();

        fixture.Cluster.Requests.Should().NotContain(static r => r.Method != "GET");
        (await fixture.ReplicasAsync("my-dask-worker")).Should().Be(worker);
        (await fixture.ReplicasAsync("my-dask-worker-gpu-workers")).Should().Be(gpu);
    }

    [Fact]
    public async Task Confirm_No_ChangesNothing()
    {
        AnsweringHost host = new("No");
        using Session session = fixture.Connect(host);
        int? before = await fixture.ReplicasAsync("my-dask-worker");

        session.Run("Set-DaskWorkerGroup -Replicas 9 -Confirm");

        (await fixture.ReplicasAsync("my-dask-worker")).Should().Be(before);
        host.Questions.Should().ContainSingle().Which.Should().Contain($"scale from {before} to 9 replicas").And.Contain("worker group worker of my-dask.default");
    }

    [Fact]
    public async Task Confirm_Yes_AsksForEachGroupAndScales()
    {
        AnsweringHost host = new("Yes");
        using Session session = fixture.Connect(host);

        session.Run("Get-DaskWorkerGroup gpu-workers, worker | Set-DaskWorkerGroup -Replicas 5 -Immediate -Confirm");

        (await fixture.ReplicasAsync("my-dask-worker")).Should().Be(5);
        (await fixture.ReplicasAsync("my-dask-worker-gpu-workers")).Should().Be(5);
        host.Questions.Should().HaveCount(2);
    }

    [Fact]
    public void WhatIf_NumbersAreThoseOfNow()
    {
        using Session other = fixture.Connect();
        other.Run("Set-DaskWorkerGroup -Replicas 6 -Immediate");
        AnsweringHost host = new("No");
        using Session asking = fixture.Connect(host);
        other.Run("Set-DaskWorkerGroup -Replicas 7 -Immediate");

        asking.Run("Set-DaskWorkerGroup -Replicas 9 -Confirm");

        host.Questions.Single().Should().Contain("scale from 7 to 9 replicas");
    }
}
