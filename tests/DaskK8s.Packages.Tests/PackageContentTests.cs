using System.IO.Compression;
using System.Reflection.PortableExecutable;
using System.Xml.Linq;

namespace DaskK8s.Packages.Tests;

/// <summary>Looks into the packages that the build made.</summary>
public sealed class PackageContentTests
{
    public static TheoryData<string> Packages => ["DaskK8s", "DaskK8s.Arrow", "DaskK8s.Hosting", "DaskK8s.Interactive", "DaskK8s.Testing"];

    [Theory]
    [MemberData(nameof(Packages))]
    public void Package_Metadata_SaysWhatItIs(string id)
    {
        using PackageFeed feed = new();
        using ZipArchive package = ZipFile.OpenRead(feed.Of(id));

        Dictionary<string, XElement> metadata = Metadata(package, id);

        metadata["id"].Value.Should().Be(id);
        metadata["license"].Value.Should().Be("MIT");
        metadata["readme"].Value.Should().Be("README.md");
        metadata["icon"].Value.Should().Be("icon.png");
        metadata["tags"].Value.Should().ContainAll("dask", "kubernetes", "helm");
        metadata["description"].Value.Should().NotBe("Package Description").And.NotBeEmpty();
        metadata["repository"].Attribute("type")!.Value.Should().Be("git");
        metadata["repository"].Attribute("commit")!.Value.Should().MatchRegex("^[0-9a-f]{40}$");
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public void Package_Files_AreTheLibraryItsDocumentationReadmeAndIcon(string id)
    {
        using PackageFeed feed = new();
        using ZipArchive package = ZipFile.OpenRead(feed.Of(id));

        package.Entries.Select(static e => e.FullName).Should().Contain([$"lib/net10.0/{id}.dll", $"lib/net10.0/{id}.xml", "README.md", "icon.png"]);
        using StreamReader readme = new(package.GetEntry("README.md")!.Open());
        readme.ReadToEnd().Should().StartWith($"# {id}\n");
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public void Package_Assembly_IsReproducibleAndHasSymbolsBesideIt(string id)
    {
        using PackageFeed feed = new();
        using ZipArchive package = ZipFile.OpenRead(feed.Of(id));
        using ZipArchive symbols = ZipFile.OpenRead(Path.ChangeExtension(feed.Of(id), ".snupkg"));

        using MemoryStream assembly = new();
        package.GetEntry($"lib/net10.0/{id}.dll")!.Open().CopyTo(assembly);
        assembly.Position = 0;
        using PEReader reader = new(assembly);

        reader.ReadDebugDirectory().Select(static d => d.Type).Should().Contain(DebugDirectoryEntryType.Reproducible);
        symbols.GetEntry($"lib/net10.0/{id}.pdb").Should().NotBeNull();
    }

    [Fact]
    public void InteractivePackage_ForNotebooks_HasTheExtensionAndNoDependencyOnTheirKernel()
    {
        using PackageFeed feed = new();
        using ZipArchive package = ZipFile.OpenRead(feed.Of("DaskK8s.Interactive"));

        package.GetEntry("interactive-extensions/dotnet/extension.dib").Should().NotBeNull();
        Metadata(package, "DaskK8s.Interactive")["dependencies"].Descendants().Where(static d => d.Name.LocalName == "dependency").Select(static d => d.Attribute("id")!.Value)
            .Should().BeEquivalentTo("DaskK8s", "DaskK8s.Arrow");
    }

    [Fact]
    public void Module_Package_HasTheModuleAtItsRoot()
    {
        using PackageFeed feed = new();
        string file = Directory.GetFiles(Path.Combine(feed.Folder, "powershell", "gallery"), "DaskK8s.*.nupkg").Should().ContainSingle().Which;
        using ZipArchive package = ZipFile.OpenRead(file);

        Directory.GetDirectories(feed.Folder).SelectMany(static d => Directory.GetFiles(d, "*.nupkg")).Should()
            .BeEmpty("NuGet looks one level below a folder that is a source, and the module has the library's name and often a higher version");
        package.Entries.Select(static e => e.FullName).Should().Contain(["DaskK8s.psd1", "DaskK8s.PowerShell.dll", "lib/DaskK8s.dll", "en-US/DaskK8s.PowerShell.dll-Help.xml"]);
    }

    private static Dictionary<string, XElement> Metadata(ZipArchive package, string id)
    {
        using Stream nuspec = package.GetEntry($"{id}.nuspec")!.Open();
        return XDocument.Load(nuspec).Root!.Elements().Single(static e => e.Name.LocalName == "metadata").Elements().ToDictionary(static e => e.Name.LocalName);
    }
}
