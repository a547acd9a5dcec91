using System.Reflection;

using PublicApiGenerator;

namespace DaskK8s.Packages.Tests;

/// <summary>Compares the public API of each package with the file that says what it is: whoever changes one has to change the other.</summary>
public sealed class PublicApiTests
{
    /// <summary>The variable that makes the test write the files: <c>DASKK8S_UPDATE_API=1</c>.</summary>
    private const string Update = "DASKK8S_UPDATE_API";

    [Theory]
    [InlineData("DaskK8s")]
    [InlineData("DaskK8s.Arrow")]
    [InlineData("DaskK8s.Hosting")]
    [InlineData("DaskK8s.Interactive")]
    [InlineData("DaskK8s.Testing")]
    public void PublicApi_OfAPackage_IsAsItsFileSays(string package)
    {
        string path = Repository.PathOf($"tests/DaskK8s.Packages.Tests/PublicApi/{package}.txt");
        ApiGeneratorOptions options = new() { IncludeAssemblyAttributes = false, DenyNamespacePrefixes = [] };

        string api = Assembly.Load(package).GeneratePublicApi(options).ReplaceLineEndings("\n").TrimEnd() + "\n";

        if (Environment.GetEnvironmentVariable(Update) == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, api);
        }

        string said = File.Exists(path) ? File.ReadAllText(path).ReplaceLineEndings("\n") : "";
        string[] added = [.. api.Split('\n').Except(said.Split('\n'))];
        string[] removed = [.. said.Split('\n').Except(api.Split('\n'))];
        api.Should().Be(
            said, "a change of the public API is a decision: if it is meant, run this test with {0}=1. New: {1}. Gone: {2}", Update, string.Join(" | ", added), string.Join(" | ", removed));
    }
}
