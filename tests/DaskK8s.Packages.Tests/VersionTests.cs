using System.Diagnostics;
using System.Reflection.Metadata;
using System.Text;

namespace DaskK8s.Packages.Tests;

/// <summary>Builds an empty project with the repository's own build files: in a repository with tags, without, cloned shallow, and in no repository.</summary>
public sealed class VersionTests : IDisposable
{
    private static readonly Guid SourceLink = new("CC110556-A091-4D38-9FEC-25AB9A351A6A");

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("daskk8s-version-");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Source => Path.Combine(_folder.FullName, "source");

    [Fact]
    public async Task Version_FromTags_IsTheTagOrTheNextPatchBeforeItsRelease()
    {
        await CreateAsync();
        await GitAsync("tag v1.2.3");
        string tagged = await VersionAsync(Source);
        await GitAsync("commit -q --allow-empty -m next");

        string after = await VersionAsync(Source);

        tagged.Should().Be("1.2.3");
        after.Should().Be("1.2.4-alpha.0.1");
    }

    [Fact]
    public async Task Version_WithoutTagsOrGit_IsADefaultAndNoWarning()
    {
        await CreateAsync();
        await GitAsync("commit -q --allow-empty -m next");
        string shallow = Path.Combine(_folder.FullName, "shallow");
        await GitAsync($"clone -q --depth 1 file://{Source} {shallow}");
        string copy = Path.Combine(_folder.FullName, "copy");
        CopyBuildFiles(copy);

        (await VersionAsync(Source)).Should().Be("0.1.0-alpha.0.1");
        (await VersionAsync(shallow)).Should().StartWith("0.1.0-alpha.0");
        (await VersionAsync(copy)).Should().StartWith("0.1.0-alpha.0");
    }

    [Fact]
    public async Task SourceLink_RepositoryWithARemote_LeadsToTheCommit()
    {
        await CreateAsync();
        await GitAsync("remote add origin https://github.com/example/example.git");
        await Command.RunAsync(Command.Of(Source, "dotnet", "build", "src/Probe", "-c", "Release", "-nologo", "--verbosity", "quiet"), Token);
        string commit = (await GitAsync("rev-parse HEAD")).Trim();

        using FileStream file = File.OpenRead(Path.Combine(Source, "src/Probe/bin/Release/net10.0/Probe.pdb"));
        using MetadataReaderProvider pdb = MetadataReaderProvider.FromPortablePdbStream(file);
        MetadataReader reader = pdb.GetMetadataReader();
        string json = Encoding.UTF8.GetString(reader.GetBlobBytes(reader.CustomDebugInformation.Select(reader.GetCustomDebugInformation).Single(i => reader.GetGuid(i.Kind) == SourceLink).Value));

        json.Should().Contain($"https://raw.githubusercontent.com/example/example/{commit}/*");
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private async Task CreateAsync()
    {
        CopyBuildFiles(Source);
        await GitAsync("init -q");
        await GitAsync("add -A");
        await GitAsync("commit -q -m first");
    }

    private static void CopyBuildFiles(string to)
    {
        Directory.CreateDirectory(Path.Combine(to, "src", "Probe"));
        Directory.CreateDirectory(Path.Combine(to, "docs", "images"));
        foreach (string file in (string[])["Directory.Build.props", "Directory.Packages.props", "src/Directory.Build.props", "global.json", "docs/images/icon.png", ".gitignore"])
        {
            File.Copy(Repository.PathOf(file), Path.Combine(to, file));
        }

        File.WriteAllText(Path.Combine(to, "src/Probe/Probe.csproj"), "<Project Sdk=\"Microsoft.NET.Sdk\" />");
        File.WriteAllText(Path.Combine(to, "src/Probe/PACKAGE.md"), "# Probe\n");
    }

    private static async Task<string> VersionAsync(string folder)
    {
        string output = await Command.RunAsync(
            Command.Of(folder, "dotnet", "msbuild", "src/Probe", "-restore", "-t:MinVer", "-getProperty:Version", "-nologo", "-warnAsError"), Token);
        return output.Trim();
    }

    private async Task<string> GitAsync(string arguments)
    {
        ProcessStartInfo git = Command.Of(Source, "git", ["-c", "user.name=Test", "-c", "user.email=test@localhost", .. arguments.Split(' ')]);
        return await Command.RunAsync(git, Token);
    }
}
