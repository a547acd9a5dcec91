using System.Text;

using DaskK8s.Logs;
using DaskK8s.Tests.Rigs;

namespace DaskK8s.Tests.Logs;

/// <summary>Log streams of any bytes become lines, and throw nothing.</summary>
public sealed class LogLineFuzzTests
{
    [Fact]
    public async Task ReadAsync_ManyMutationsOfALog_BecomeLinesOfBoundedLength()
    {
        byte[] seed = Encoding.UTF8.GetBytes(
            "2026-11-27T10:00:00.123456789Z hello é 🚀\n2026-11-27T10:00:00Z \n\n2026-11-27T10:00:01.5+02:00 " + new string('x', 17_000) + "\n2026-11-27T10:00:02Z end");
        foreach (Random random in Fuzz.Rounds(20, 3000))
        {
            byte[] log = [.. seed];
            for (int n = random.Next(1, 12); n > 0; n--)
            {
                log[random.Next(random.Next(4) == 0 ? log.Length : 100)] = (byte)random.Next(256);
            }

            log = log[random.Next(3)..random.Next(100, log.Length)];
            int lines = 0;
            await foreach (LogsRawLine line in LogsLineReader.ReadAsync(new MemoryStream(log), TestContext.Current.CancellationToken))
            {
                lines++;
                line.Text.Length.Should().BeLessThanOrEqualTo(LogsLineReader.MaxLineBytes + 100);
            }

            lines.Should().BeGreaterThan(0);
        }
    }
}
