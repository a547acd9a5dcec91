using System.Globalization;
using System.Reflection;
using System.Text;

using Microsoft.Extensions.Logging;

namespace DaskK8s.Tests.Docs;

public sealed class ObservabilityPageTests
{
    private const string Begin = "<!-- events: begin -->";
    private const string End = "<!-- events: end -->";

    [Fact]
    public void ObservabilityPage_Events_AreThoseThatTheLibraryLogs()
    {
        string page = Repository.Read("docs/observability.md");
        int begin = page.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        string shown = page[begin..page.IndexOf(End, StringComparison.Ordinal)].Trim();

        shown.Should().Be(Expected(), "docs/observability.md lists every event; paste the expected text there");
    }

    [Fact]
    public void LoggerMessages_EventIds_AreUnique() =>
        Messages().Select(m => m.EventId).Should().OnlyHaveUniqueItems();

    private static string Expected()
    {
        StringBuilder text = new("| event | level | message |\n|---|---|---|\n");
        foreach (LoggerMessageAttribute message in Messages().OrderBy(m => m.EventId))
        {
            text.Append(CultureInfo.InvariantCulture, $"| {message.EventId} | {message.Level} | {message.Message} |\n");
        }

        return text.ToString().Trim();
    }

    private static IEnumerable<LoggerMessageAttribute> Messages() => typeof(HelmCluster).Assembly.GetTypes()
        .SelectMany(t => t.GetMethods(BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
        .Select(m => m.GetCustomAttribute<LoggerMessageAttribute>())
        .OfType<LoggerMessageAttribute>();
}
