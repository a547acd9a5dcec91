using System.Diagnostics.Metrics;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;

using DaskK8s.Common;
using DaskK8s.Tests.Rigs;

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

    [Fact]
    public void ObservabilityPage_Instruments_AreThoseOfTheMeter()
    {
        string[] expected = [.. Constants<Instrument>().Select(i => $"`{i.Name}` | {i.GetType().Name.Split('`')[0]}")];

        expected.Should().NotBeEmpty();
        Rows("## Meter", 2).Should().BeEquivalentTo(expected);
    }

    [Fact]
    public void ObservabilityPage_Activities_AreThoseThatTheLibraryBegins() =>
        Rows("## Activities", 1).Should().BeEquivalentTo(
            typeof(Telemetry).GetFields().Where(f => f.Name.EndsWith("Activity", StringComparison.Ordinal)).Select(f => $"`{f.GetRawConstantValue()}`"));

    [Fact]
    public void ObservabilityPage_Categories_AreThoseOfTheSources()
    {
        string page = Repository.Read("docs/observability.md");
        IEnumerable<string> categories = Directory.EnumerateFiles(Repository.PathOf("src/DaskK8s"), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .SelectMany(f => Regex.Matches(File.ReadAllText(f), "(?:CreateLogger|LoggerFor)\\((?:options, )?\"(DaskK8s[.A-Za-z]*)\"").Select(m => m.Groups[1].Value))
            .Distinct();

        categories.Should().NotBeEmpty().And.OnlyContain(c => page.Contains($"`{c}`"));
    }

    /// <summary>Returns the first cells of a table's rows.</summary>
    private static IEnumerable<string> Rows(string heading, int cells) => Repository.Read("docs/observability.md")
        .Split(heading + "\n")[1].Split("\n## ")[0].Split('\n')
        .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
        .Select(line => string.Join(" | ", line.Split('|').Skip(1).Take(cells).Select(cell => cell.Trim())));

    private static IEnumerable<T> Constants<T>() => typeof(HelmCluster).Assembly.GetTypes()
        .Where(t => !t.ContainsGenericParameters)
        .SelectMany(t => t.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
        .Where(f => typeof(T).IsAssignableFrom(f.FieldType))
        .Select(f => (T)f.GetValue(null)!);

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
