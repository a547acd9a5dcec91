using System.Diagnostics;
using System.IO.Compression;

namespace DaskK8s.PowerShell.Tests;

/// <summary>The module as a package: PowerShell's own commands publish, find and install it.</summary>
public sealed class PackageTests(ReleaseFixture fixture) : IClassFixture<ReleaseFixture>
{
    [Fact]
    public async Task PublishPSResource_TakesTheModule()
    {
        using Pwsh pwsh = new();
        string gallery = Directory.CreateDirectory(Path.Combine(pwsh.Home, "gallery")).FullName;

        string[] lines = await pwsh.RunScriptAsync($"""
            Register-PSResourceRepository -Name local -Uri '{gallery}' -Trusted
            Publish-PSResource -Path '{Places.Module}' -Repository local
            {InstallAndUse()}
            """);

        lines.Should().HaveCount(3);
        lines[0].Should().MatchRegex(@"^DaskK8s \d+\.\d+\.\d+\S* Module Dask");
        lines[2].Should().Be("worker, gpu-workers");
    }

    [Fact]
    public async Task DotnetPack_MakesThePackageThatPublishWouldMake()
    {
        using Pwsh pwsh = new();
        string packages = Path.Combine(pwsh.Home, "packages");
        using Process pack = Process.Start(new ProcessStartInfo(
            "dotnet", ["pack", Path.Combine(Places.Repository, "src", "DaskK8s.PowerShell"), "-c", Places.Configuration, "--no-build", "-o", packages, "-v", "q", "-nologo"])
        {
            RedirectStandardOutput = true,
        })!;
        string said = await pack.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await pack.WaitForExitAsync(TestContext.Current.CancellationToken);
        pack.ExitCode.Should().Be(0, said);
        string gallery = Path.Combine(packages, "powershell", "gallery");

        string[] lines = await pwsh.RunScriptAsync($"""
            Register-PSResourceRepository -Name local -Uri '{gallery}' -Trusted
            {InstallAndUse()}
            """);

        // The library's package has the same name, so it must not be in the same folder.
        Directory.EnumerateFiles(packages).Should().BeEmpty();
        lines[0].Should().MatchRegex(@"^DaskK8s \d+\.\d+\.\d+\S* Module Dask");
        lines[2].Should().Be("worker, gpu-workers");
        await using ZipArchive package = await ZipFile.OpenReadAsync(Directory.EnumerateFiles(gallery).Single(), TestContext.Current.CancellationToken);
        string[] inPackage = [.. package.Entries.Select(static e => e.FullName).Where(static n => !n.StartsWith('_') && !n.StartsWith("package/", StringComparison.Ordinal) && n is not ("DaskK8s.nuspec" or "[Content_Types].xml"))];
        inPackage.Should().BeEquivalentTo(Directory.EnumerateFiles(Places.Module, "*", SearchOption.AllDirectories).Select(static f => Path.GetRelativePath(Places.Module, f).Replace('\\', '/')));
    }

    /// <summary>Installs from the repository <c>local</c>, for this user, and uses what was installed by name.</summary>
    private string InstallAndUse() => $$"""
        $found = Find-PSResource DaskK8s -Repository local -Prerelease
        "$($found.Name) $($found.Version) $($found.Type) $($found.Tags)"
        Install-PSResource DaskK8s -Repository local -Prerelease -Scope CurrentUser
        $null = Connect-DaskCluster my-dask -Kubeconfig '{{fixture.Kubeconfig}}' -SchedulerAccess None -WarningAction SilentlyContinue
        (Get-Module DaskK8s).ModuleBase.StartsWith($HOME)
        (Get-DaskWorkerGroup).Name -join ', '
        """;
}
