using System.Diagnostics;
using System.Text.RegularExpressions;

namespace DaskK8s.Packages.Tests;

/// <summary>Follows the README's way to the packages before they are published: from a local folder.</summary>
public sealed partial class LocalFolderTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Readme_LocalFolder_AddsThePackageToANewProgram()
    {
        using PackageFeed feed = new();
        DirectoryInfo folder = Directory.CreateTempSubdirectory("daskk8s-local-");
        try
        {
            string[] commands = [.. Block().Match(Repository.Read("README.md")).Groups[1].Value.Trim().Split('\n').Select(static line => line.Split("   #")[0].Trim())];
            commands[0].Should().StartWith("dotnet pack ", "the packages of the test's own build take its place");
            string script = string.Join('\n', ["set -eu", "dotnet new console --no-restore", .. commands[1..]]).Replace("~/daskk8s-packages", feed.Folder, StringComparison.Ordinal);

            ProcessStartInfo start = Command.Of(folder.FullName, "bash", "-c", script);
            feed.Isolate(start);
            await Command.RunAsync(start, Token);

            (await File.ReadAllTextAsync(Directory.GetFiles(folder.FullName, "*.csproj").Single(), Token)).Should().Contain($"Include=\"DaskK8s\" Version=\"{feed.Version}\"");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [GeneratedRegex("<!-- local-folder -->\n```sh\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();
}
