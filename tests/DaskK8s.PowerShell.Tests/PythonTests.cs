using System.Management.Automation;

using Shell = System.Management.Automation.PowerShell;

namespace DaskK8s.PowerShell.Tests;

/// <summary>Python from a session, with Dask in the pods.</summary>
[Collection(DaskCollection.Name)]
public sealed class PythonTests(DaskFixture fixture) : IClassFixture<DaskFixture>
{
    private const string Where = "from distributed import get_worker; get_worker().address";

    [Fact]
    public void Result_IsObjectsAndNumbers_VariablesAreFound()
    {
        using Session session = fixture.Connect();

        session.Run("(Invoke-DaskPython 'dict(a=[x * 2 for x in numbers], n=name)' -Variable @{ numbers = 1, 2, 3; name = 'x' }).a[2]").Single()!.BaseObject.Should().Be(6L);
        session.Run("'1 + 1', '2 + 2' | Invoke-DaskPython").Select(static n => n!.BaseObject).Should().Equal(2L, 4L).And.AllBeOfType<long>();
        session.Run("Invoke-DaskPython 'import dask; dask.delayed(sum)([1, 2, 3]).compute()'").Single()!.BaseObject.Should().Be(6L);
    }

    [Theory]
    [InlineData($"-Source '{Where}' -Resources @{{ GPU = 1 }}")]
    [InlineData($"-Source '{Where}' -WorkerGroup gpu-workers")]
    [InlineData("-Path ./where.py -WorkerGroup gpu-workers")]
    public void Place_ByResourcesOrGroup_IsThere(string arguments)
    {
        using Session session = fixture.Connect();
        DirectoryInfo home = Directory.CreateTempSubdirectory("daskk8s-python-");
        File.WriteAllText(Path.Combine(home.FullName, "where.py"), Where);

        session.SetLocation(home.FullName);
        session.Run($"(Invoke-DaskPython {arguments}) -eq (Get-DaskWorker gpu-workers).Address").Single()!.BaseObject.Should().Be(true);

        home.Delete(recursive: true);
    }

    [Fact]
    public void Call_OpensNoOtherLocalPort()
    {
        // The scheduler's port of this machine may be another's to use; programs go through the cluster's tunnel.
        using Session session = fixture.Connect();
        session.Run("$opened = (Get-DaskCluster -Current).SchedulerForward.TotalConnections");

        session.Run("$null = Invoke-DaskPython '1'");

        session.Run("(Get-DaskCluster -Current).SchedulerForward.TotalConnections - $opened").Single()!.BaseObject.Should().Be(0L);
    }

    [Fact]
    public void Print_IsStreamedWhileTheProgramRuns_AndIsNoOutput()
    {
        using Session session = fixture.Connect();
        using Shell shell = session.Start("Invoke-DaskPython 'import distributed; print(\"hello\", flush=True); distributed.Event(\"heard\").wait(120)'");
        PSDataCollection<PSObject> output = [];
        using ManualResetEventSlim heard = new();
        shell.Streams.Information.DataAdded += (_, _) => heard.Set();

        IAsyncResult running = shell.BeginInvoke<PSObject, PSObject>(null, output);
        heard.Wait(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken).Should().BeTrue("what a program prints is shown while it runs");
        using Session other = fixture.Connect();
        other.Run("$null = Invoke-DaskPython 'import distributed; distributed.Event(\"heard\").set()'");
        shell.EndInvoke(running);

        output.Single().BaseObject.Should().Be(true);
        shell.Streams.Information.First().ToString().Should().Contain("hello");
    }

    [Fact]
    public void Failure_OfTheProgram_CarriesTheTraceback()
    {
        using Session session = fixture.Connect();

        ErrorRecord error = session.Fail("Invoke-DaskPython '1 / 0'");

        error.FullyQualifiedErrorId.Should().StartWith("DaskTask,");
        error.CategoryInfo.Category.Should().Be(ErrorCategory.InvalidResult);
        error.Exception.Message.Should().Contain("ZeroDivisionError");
        error.ErrorDetails.RecommendedAction.Should().Contain("PythonTraceback");
    }

    [Fact]
    public void Failure_TableOnAWorkerWithoutPyArrow_SaysHowToHaveIt()
    {
        using Session session = fixture.Connect();

        ErrorRecord error = session.Fail(
            """
            Invoke-DaskPython @'
            import sys
            class Frame: __arrow_c_stream__ = True
            sys.modules["pyarrow"] = None
            Frame()
            '@
            """);

        error.FullyQualifiedErrorId.Should().StartWith("DaskResult,");
        error.Exception.Message.Should().Contain("this worker has no pyarrow").And.Contain("InstallPackagesAsync");
    }

    [Fact]
    public void Failure_NoWorkerFits_SaysWhatThereIs()
    {
        using Session session = fixture.Connect();

        ErrorRecord error = session.Fail("Invoke-DaskPython '1' -Resources @{ TPU = 1 }");

        error.FullyQualifiedErrorId.Should().StartWith("DaskNoWorker,");
        error.ErrorDetails.RecommendedAction.Should().Contain("Set-DaskWorkerGroup");
    }

    [Fact]
    public void Failure_FileIsMissing_NamesIt()
    {
        using Session session = fixture.Connect();

        ErrorRecord error = session.Fail("Invoke-DaskPython -Path ./nothing.py");

        error.CategoryInfo.Category.Should().Be(ErrorCategory.ObjectNotFound);
        error.TargetObject.ToString().Should().EndWith("nothing.py");
    }

    [Fact]
    public void Dashboard_LinkOnly_IsTheForwardsPage()
    {
        using Session session = fixture.Connect();

        session.Run("Open-DaskDashboard workers -LinkOnly").Single()!.ToString().Should().StartWith("http://127.0.0.1:").And.EndWith("/workers");
    }
}
