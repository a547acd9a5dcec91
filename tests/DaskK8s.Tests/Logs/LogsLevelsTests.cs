using DaskK8s.Logs;
using DaskK8s.Tests.Rigs.Kubernetes;

namespace DaskK8s.Tests.Logs;

public sealed class LogsLevelsTests
{
    private readonly LogsLevels levels = new();
    private DateTimeOffset time = TestPods.Now;

    [Theory]
    [InlineData("2026-01-01 00:00:00,000 - distributed.scheduler - INFO - Registered", "INFO")]
    [InlineData("2026-01-01 00:00:00,000 - distributed.worker.state_machine - WARNING - x", "WARNING")]
    [InlineData("distributed.nanny - ERROR - x", "ERROR")]
    [InlineData("[W 2026-01-01 00:00:00.000 ServerApp] x", "WARNING")]
    [InlineData("[I 12:00:00.000 LabApp] x", "INFO")]
    [InlineData("hello - INFO", null)]
    [InlineData("[W]", null)]
    [InlineData("", null)]
    public void LevelOf_Line_IsTheLoggersLevel(string line, string? level) => LogsLevels.LevelOf(line).Should().Be(level);

    [Fact]
    public void Next_TracebackAfterAnError_BelongsToIt()
    {
        Next("2026-01-01 00:00:00,000 - distributed.worker - ERROR - Compute Failed").Should().Be(("ERROR", false));
        Next("Traceback (most recent call last):").Should().Be(("ERROR", true));
        Next("  File \"x.py\", line 1, in f").Should().Be(("ERROR", true));
        Next("ValueError: no").Should().Be(("ERROR", true));
        Next("").Should().Be(("ERROR", true));
        Next("During handling of the above exception, another exception occurred:").Should().Be(("ERROR", true));
        Next("Traceback (most recent call last):").Should().Be(("ERROR", true));
        Next("KeyError: 1").Should().Be(("ERROR", true));
        Next("2026-01-01 00:00:00,001 - distributed.worker - INFO - next").Should().Be(("INFO", false));
    }

    [Fact]
    public void Next_PrintAfterATraceback_StandsAlone()
    {
        Next("Traceback (most recent call last):").Should().Be(("ERROR", false));
        Next("  File \"x.py\", line 1, in f").Should().Be(("ERROR", true));
        Next("OSError: x").Should().Be(("ERROR", true));
        time = time.AddSeconds(3);
        Next("printed by a task").Should().Be((null, false));
    }

    [Fact]
    public void Next_PrintAfterAnInfo_HasNoLevel()
    {
        Next("distributed.worker - INFO - x").Should().Be(("INFO", false));
        Next("printed by a task").Should().Be((null, false));
    }

    private (string?, bool) Next(string line) => levels.Next(line, time);
}
