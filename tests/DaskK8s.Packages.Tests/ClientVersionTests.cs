using System.Diagnostics;

namespace DaskK8s.Packages.Tests;

/// <summary>Puts the package beside another major of KubernetesClient, as an application may want it (docs/decisions/0003-kubernetes-client.md).</summary>
public sealed class ClientVersionTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Application_AnOlderMajorOfTheClient_LearnsOfItFromTheRestore()
    {
        using PackageFeed feed = new();
        DirectoryInfo folder = Directory.CreateTempSubdirectory("daskk8s-client-");
        try
        {
            await File.WriteAllTextAsync(
                Path.Combine(folder.FullName, "Older.csproj"),
                $"""
                <Project Sdk="Microsoft.NET.Sdk">
                  <PropertyGroup>
                    <TargetFramework>net10.0</TargetFramework><NuGetAudit>false</NuGetAudit>
                    <RestoreAdditionalProjectSources>{feed.Folder}</RestoreAdditionalProjectSources>
                  </PropertyGroup>
                  <ItemGroup><PackageReference Include="DaskK8s" Version="{feed.Version}" /><PackageReference Include="KubernetesClient" Version="19.0.2" /></ItemGroup>
                </Project>
                """,
                Token);
            ProcessStartInfo start = new("dotnet", ["restore", "-nologo"]) { WorkingDirectory = folder.FullName, RedirectStandardOutput = true };
            feed.Isolate(start);

            using Process restore = Process.Start(start)!;
            string output = await restore.StandardOutput.ReadToEndAsync(Token);
            await restore.WaitForExitAsync(Token);

            restore.ExitCode.Should().NotBe(0);
            output.Should().Contain("NU1605").And.Contain("KubernetesClient (>= 21.0.8 && < 22.0.0)");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
