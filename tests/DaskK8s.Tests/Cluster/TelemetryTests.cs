using System.Collections.Concurrent;
using System.Diagnostics;

using DaskK8s.Testing;
using DaskK8s.Tests.Rigs.Cluster;

namespace DaskK8s.Tests.Cluster;

public sealed class TelemetryTests
{
    private const string ReleaseName = "traced-dask";

    private static CancellationToken Token => ConnectRig.Token;

    [Fact]
    public async Task Activities_OfADay_HaveTheirTagsAndTheirEnds()
    {
        ConcurrentQueue<Activity> activities = new();
        using ActivityListener listener = new()
        {
            ShouldListenTo = source => source.Name == "DaskK8s",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activities.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        await using ConnectRig rig = await ConnectRig.StartAsync(new DaskRelease { Name = ReleaseName, Workers = 2 });

        await using (HelmCluster cluster = await rig.ConnectAsync(o => o with { SchedulerAccess = SchedulerAccess.None }))
        {
            await cluster.ScaleAsync(3, cancellationToken: Token);
            await cluster.WaitForWorkersAsync(workerGroup: "worker", cancellationToken: Token);
        }

        Func<Task> wrong = () => rig.ConnectAsync(o => o with { MaxReleaseBytes = 10 });
        await wrong.Should().ThrowAsync<HelmReleaseUnreadableException>();

        // Other tests trace at the same time.
        Activity[] own = [.. activities.Where(a => Equals(a.GetTagItem("release"), ReleaseName))];
        own.Select(a => (a.OperationName, a.Status)).Should().Equal(
            ("connect", ActivityStatusCode.Unset), ("scale", ActivityStatusCode.Unset), ("wait", ActivityStatusCode.Unset), ("connect", ActivityStatusCode.Error));
        own.Should().OnlyContain(a => Equals(a.GetTagItem("namespace"), "default"));
        own[1].GetTagItem("group").Should().Be("worker");
        own[1].GetTagItem("replicas").Should().Be(3);
        own[1].Events.Should().ContainSingle().Which.Name.Should().Be("accepted");
        own[2].GetTagItem("group").Should().Be("worker");
        own[3].StatusDescription.Should().Be(nameof(HelmReleaseUnreadableException));
    }
}
