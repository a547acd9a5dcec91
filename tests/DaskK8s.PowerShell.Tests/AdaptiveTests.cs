using System.Management.Automation;

namespace DaskK8s.PowerShell.Tests;

/// <summary>Adaptive scaling from a session, with Dask in the pods.</summary>
[Collection(DaskCollection.Name)]
public sealed class AdaptiveTests(DaskFixture fixture) : IClassFixture<DaskFixture>
{
    [Fact]
    public void Start_Ranges_EndWithTheConnection()
    {
        using Session session = fixture.Connect();

        session.Run("$adaptive = Start-DaskAdaptive -Range @{ worker = 3, 5; 'gpu-workers' = 1, 2 } -Interval 1s; $adaptive.Groups['worker'].Maximum").Single()!.BaseObject.Should().Be(5);
        session.Run("Disconnect-DaskCluster; $adaptive.State").Single()!.ToString().Should().Be("Stopped");
    }

    [Theory]
    [InlineData("Start-DaskAdaptive -Range @{ worker = 3 }", "Argument,")]
    [InlineData("Start-DaskAdaptive -Range @{ worker = 3, 1 }", "ArgumentOutOfRange,")]
    [InlineData("Start-DaskAdaptive -Range @{ nothing = 3, 1 }", "WorkerGroupNotFound,")]
    [InlineData("Start-DaskAdaptive nothing -Maximum 2", "WorkerGroupNotFound,")]
    public void Start_NoSense_IsAnErrorThatSaysWhatToDo(string script, string id)
    {
        using Session session = fixture.Connect();

        ErrorRecord error = session.Fail(script);

        error.FullyQualifiedErrorId.Should().StartWith(id);
        error.ErrorDetails.RecommendedAction.Should().NotBeNullOrEmpty();
        session.Run("Get-DaskAdaptive").Should().BeEmpty();
    }
}
