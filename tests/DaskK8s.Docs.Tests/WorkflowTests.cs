using System.Diagnostics;
using System.Text.RegularExpressions;

namespace DaskK8s.Docs.Tests;

/// <summary>Looks at <c>.github/workflows</c>, which cannot run here: they are short, name what exists, and a linter finds nothing.</summary>
public sealed partial class WorkflowTests
{
    /// <summary>Longer workflows do too much themselves.</summary>
    private const int MostLines = 60;

    /// <summary>The exit code of the script when the linter is not available.</summary>
    private const int NoLinter = 3;

    public static TheoryData<string> Workflows => [.. Directory.GetFiles(Repository.PathOf(".github/workflows")).Select(static f => $".github/workflows/{Path.GetFileName(f)}")];

    [Theory]
    [MemberData(nameof(Workflows))]
    public void Workflow_EveryFileAndProjectThatItNames_Exists(string path)
    {
        string text = Repository.Read(path);

        string[] missing =
        [
            .. PathOfOurs().Matches(text).Select(static m => m.Value.TrimEnd('.')).Where(static p => !Path.Exists(Repository.PathOf(p))),
            .. Project().Matches(text).Select(static m => m.Value).Where(static p => !Path.Exists(Repository.PathOf($"tests/{p}")) && !Path.Exists(Repository.PathOf($"src/{p}")) && !Path.Exists(Repository.PathOf(p))),
        ];

        missing.Should().BeEmpty();
        text.TrimEnd().Split('\n').Should().HaveCountLessThanOrEqualTo(MostLines);
    }

    [Fact]
    public async Task Workflows_Linted_HaveNoFindings()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "tests/workflows.sh needs a POSIX shell.");
        ProcessStartInfo start = new("bash", [Repository.PathOf("tests/workflows.sh")]) { RedirectStandardOutput = true, RedirectStandardError = true };

        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.SkipWhen(process.ExitCode == NoLinter, await errors);
        process.ExitCode.Should().Be(0, "{0}{1}", output, await errors);
    }

    [GeneratedRegex(@"(?<![\w./-])(?:(?:tests|samples|src|docs|\.ci)/[\w.-][\w./-]*|global\.json)")]
    private static partial Regex PathOfOurs();

    [GeneratedRegex(@"(?<![\w./-])DaskK8s\.\w+(?:\.\w+)*")]
    private static partial Regex Project();
}
