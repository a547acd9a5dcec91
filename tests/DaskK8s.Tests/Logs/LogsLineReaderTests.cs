using System.Text;

using DaskK8s.Logs;

namespace DaskK8s.Tests.Logs;

public sealed class LogsLineReaderTests
{
    private const string Stamp = "2026-01-01T00:00:00.123456789Z";

    [Fact]
    public async Task ReadAsync_StampedLines_GivesTimeAndText()
    {
        LogsRawLine[] lines = await ReadAsync($"{Stamp} one\n2026-01-01T02:00:00+02:00 two  \r\n{Stamp} \n{Stamp}\nunable to read the log");

        lines.Select(static l => l.Text).Should().Equal("one", "two  ", "", "", "unable to read the log");
        lines[0].Time.Should().Be(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddTicks(1234567));
        lines[1].Time.Should().Be(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        lines[4].Time.Should().BeNull();
    }

    [Fact]
    public async Task ReadAsync_LineOfManyMegabytes_KeepsItsBeginning()
    {
        LogsRawLine[] lines = await ReadAsync($"{Stamp} {new string('é', 5_000_000)}\n{Stamp} next\n");

        lines.Should().HaveCount(2);
        lines[0].Text.Length.Should().BeLessThan(LogsLineReader.MaxLineBytes);
        lines[0].Text.Should().MatchRegex("^é+ … \\(\\d+ more bytes not shown\\)$");
        lines[1].Text.Should().Be("next");
    }

    [Fact]
    public async Task ReadAsync_StampsOfOldKubeletsInsideALongLine_AreRemoved()
    {
        string part = new('x', 16 * 1024);

        LogsRawLine[] lines = await ReadAsync($"{Stamp} {part}{Stamp} {part}{Stamp} end\n");

        lines.Single().Text.Should().Be($"{part}{part}end");
    }

    [Fact]
    public async Task ReadAsync_RandomBytes_NeverFails()
    {
        Random random = new(1);
        byte[] bytes = new byte[300_000];
        random.NextBytes(bytes);

        LogsRawLine[] lines = await ReadAsync(bytes);

        lines.Should().HaveCountGreaterThan(100);
    }

    private static Task<LogsRawLine[]> ReadAsync(string text) => ReadAsync(Encoding.UTF8.GetBytes(text));

    private static async Task<LogsRawLine[]> ReadAsync(byte[] bytes)
    {
        List<LogsRawLine> lines = [];
        await foreach (LogsRawLine line in LogsLineReader.ReadAsync(new MemoryStream(bytes), TestContext.Current.CancellationToken))
        {
            lines.Add(line);
        }

        return [.. lines];
    }
}
