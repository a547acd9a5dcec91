using DaskK8s.Benchmarks.Torture;

namespace DaskK8s.Tests.Cluster;

/// <summary>The torture chamber for a short while with a fixed seed; <c>DaskK8s.Benchmarks torture</c> runs it for as long as one likes.</summary>
public sealed class TortureTests
{
    [Fact]
    public async Task Torture_FixedSeed_NothingHangsDiesOrLies()
    {
        // Other tests run in this process and on this machine: what they hold is not counted, and late is what is late by far.
        TortureOptions options = new()
        {
            Duration = TimeSpan.FromSeconds(45),
            Seed = 20,
            Threads = 6,
            DaskProcesses = false,
            Allowance = TimeSpan.FromSeconds(20),
        };

        TortureReport report = await TortureRun.RunAsync(options, TestContext.Current.SendDiagnosticMessage, TestContext.Current.CancellationToken);

        report.Should().BeEquivalentTo(new { Crashed = 0, Undocumented = 0L, Late = 0L, Hung = 0L, WrongResults = 0L }, string.Join('\n', report.Findings));
        report.Succeeded.Should().BeGreaterThan(20);
    }
}
