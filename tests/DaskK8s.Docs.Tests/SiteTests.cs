using System.Diagnostics;

namespace DaskK8s.Docs.Tests;

public sealed class SiteTests
{
    [Fact]
    public async Task Site_OfAllPagesAndTheApi_IsMadeWithoutAWarning()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "docs/site.sh needs a POSIX shell.");
        ProcessStartInfo start = new("bash", [Repository.PathOf("docs/site.sh")]) { RedirectStandardOutput = true, RedirectStandardError = true };

        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        process.ExitCode.Should().Be(0, "{0}{1}", output, await errors);
        File.Exists(Repository.PathOf("docs/_site/index.html")).Should().BeTrue();
        File.Exists(Repository.PathOf("docs/_site/api/DaskK8s.HelmCluster.html")).Should().BeTrue();
    }
}
