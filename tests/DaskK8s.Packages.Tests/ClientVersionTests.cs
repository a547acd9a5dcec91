using System.Diagnostics;

namespace DaskK8s.Packages.Tests;

/// <summary>Puts the package beside another major of KubernetesClient, as an application may want it (docs/decisions/0003-kubernetes-client.md).</summary>
public sealed class ClientVersionTests : IDisposable
{
    private readonly PackageFeed _feed = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("daskk8s-client-");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Application_AnOlderMajorOfTheClient_LearnsOfItFromTheRestore()
    {
        await WriteAsync("");

        (int code, string output) = await RunAsync("restore", "-nologo");

        code.Should().NotBe(0);
        output.Should().Contain("NU1605").And.Contain("KubernetesClient (>= 21.0.8 && < 22.0.0)");
    }

    [Fact]
    public async Task Application_AnOlderMajorForced_FailsAtItsFirstCall()
    {
        await WriteAsync("<NoWarn>$(NoWarn);NU1605</NoWarn>");
        (int built, string build) = await RunAsync("build", "--output", "out", "-nologo", "--verbosity", "quiet");
        built.Should().Be(0, build);

        (int code, string output) = await RunAsync("out/Older.dll");

        code.Should().Be(0, output);
        output.Trim().Should().StartWith("FileNotFoundException: Could not load file or assembly 'KubernetesClient, Version=21.0.0.0");
    }

    public void Dispose()
    {
        _feed.Dispose();
        _folder.Delete(recursive: true);
    }

    private async Task WriteAsync(string properties)
    {
        await File.WriteAllTextAsync(
            Path.Combine(_folder.FullName, "Older.csproj"),
            $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework><OutputType>Exe</OutputType><NuGetAudit>false</NuGetAudit>{properties}
                <RestoreAdditionalProjectSources>{_feed.Folder}</RestoreAdditionalProjectSources>
              </PropertyGroup>
              <ItemGroup><PackageReference Include="DaskK8s" Version="{_feed.Version}" /><PackageReference Include="KubernetesClient" Version="19.0.2" /></ItemGroup>
            </Project>
            """,
            Token);
        await File.WriteAllTextAsync(
            Path.Combine(_folder.FullName, "Program.cs"),
            """
            try
            {
                await using DaskK8s.HelmCluster cluster = await DaskK8s.HelmCluster.ConnectAsync("my-dask");
            }
            catch (System.Exception e)
            {
                System.Console.WriteLine($"{e.GetType().Name}: {e.Message}");
            }
            """,
            Token);
    }

    private async Task<(int Code, string Output)> RunAsync(params string[] arguments)
    {
        ProcessStartInfo start = new("dotnet", arguments) { WorkingDirectory = _folder.FullName, RedirectStandardOutput = true };
        _feed.Isolate(start);
        using Process process = Process.Start(start)!;
        string output = await process.StandardOutput.ReadToEndAsync(Token);
        await process.WaitForExitAsync(Token);
        return (process.ExitCode, output);
    }
}
