using System.Diagnostics;
using System.IO.Compression;
using System.Text.RegularExpressions;

using DaskK8s.Testing;

namespace DaskK8s.Packages.Tests;

/// <summary>Installs each package into an empty project and runs the code of the package's own readme there.</summary>
public sealed partial class EmptyProjectTests(EmptyProjectTests.Release release) : IClassFixture<EmptyProjectTests.Release>
{
    private const string Library = "<PackageReference Include=\"DaskK8s\" Version=\"$(Ours)\" />";
    private const string HostPackage = "<PackageReference Include=\"Microsoft.Extensions.Hosting\" Version=\"10.0.0\" />";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("DaskK8s", "", null, "HelmCluster(my-dask.default, 'tcp://127.0.0.1:", "\n42\n")]
    [InlineData("DaskK8s.Arrow", "", null, "no pyarrow")]
    [InlineData("DaskK8s.Testing", Library, null, "HelmCluster(my-dask.default, 'tcp://127.0.0.1:", "workers=3")]
    [InlineData("DaskK8s.Interactive", "", null, "Dask cluster my-dask, namespace default, deployed", "connected")]
    [InlineData("DaskK8s.Hosting", HostPackage, "Application started", "Application started")]
    public async Task Package_InAnEmptyProject_RunsTheCodeOfItsReadme(string id, string references, string? until, params string[] expected)
    {
        using PackageFeed feed = new();
        DirectoryInfo folder = Directory.CreateTempSubdirectory("daskk8s-empty-");
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "Program.cs"), CodeOf(feed, id), Token);
            await File.WriteAllTextAsync(
                Path.Combine(folder.FullName, "Empty.csproj"),
                $"""
                <Project Sdk="Microsoft.NET.Sdk">
                  <PropertyGroup>
                    <TargetFramework>net10.0</TargetFramework><OutputType>Exe</OutputType><ImplicitUsings>enable</ImplicitUsings><Nullable>enable</Nullable>
                    <TreatWarningsAsErrors>true</TreatWarningsAsErrors><Ours>{feed.Version}</Ours><NuGetAudit>false</NuGetAudit>
                    <RestoreAdditionalProjectSources>{feed.Folder}</RestoreAdditionalProjectSources>
                  </PropertyGroup>
                  <ItemGroup><PackageReference Include="{id}" Version="$(Ours)" />{references}</ItemGroup>
                </Project>
                """,
                Token);
            ProcessStartInfo build = Command.Of(folder.FullName, "dotnet", "build", "--output", "out", "-nologo", "--verbosity", "quiet");
            feed.Isolate(build);
            await Command.RunAsync(build, Token);
            ProcessStartInfo program = Command.Of(folder.FullName, "dotnet", "out/Empty.dll");
            program.Environment["KUBECONFIG"] = release.Kubeconfig;

            string output = await Command.RunAsync(program, Token, until);

            output.Should().ContainAll(expected);
            if (id == "DaskK8s.Interactive")
            {
                (await File.ReadAllTextAsync(Path.Combine(folder.FullName, "card.html"), Token)).Should().StartWith("<section class=\"daskk8s\"");
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string CodeOf(PackageFeed feed, string id)
    {
        using ZipArchive package = ZipFile.OpenRead(feed.Of(id));
        using StreamReader readme = new(package.GetEntry("README.md")!.Open());
        return CodeBlock().Match(readme.ReadToEnd()).Groups[1].Value;
    }

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex CodeBlock();

    /// <summary>The release <c>my-dask</c> that a reader of the readmes would have.</summary>
    public sealed class Release : IAsyncLifetime
    {
        private EmbeddedCluster? _cluster;

        internal string Kubeconfig => _cluster!.KubeconfigPath;

        public async ValueTask InitializeAsync()
        {
            _cluster = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { DaskProcesses = true }, Token);
            using k8s.Kubernetes client = _cluster.CreateClient();
            await new DaskRelease { Workers = 2 }.InstallAsync(client, Token);
        }

        public async ValueTask DisposeAsync() => await _cluster!.DisposeAsync();
    }
}
