using System.Text.RegularExpressions;

using DaskK8s.Docs.Tests.Pages;

namespace DaskK8s.Docs.Tests;

/// <summary>
/// Holds the versions on <c>docs/compatibility.md</c> to what the tests run with, and what repeats them to that page. With <c>DASKK8S_UPDATE_DOCS=1</c>
/// the table is written.
/// </summary>
public sealed partial class CompatibilityTests
{
    private const string PagePath = "docs/compatibility.md";
    private const string Begin = "<!-- versions: begin -->";
    private const string End = "<!-- versions: end -->";

    private static string Table => string.Join('\n', (string[])
    [
        "| | versions | how |",
        "|---|---|---|",
        $"| Kubernetes | {KnownVersions.RealKubernetes} | The contract tests on a cluster built from Debian's packages (`tests/cluster`) and on the embedded server |",
        $"| | {KnownVersions.EmbeddedKubernetes} | The contract tests on the embedded server, which simulates that version |",
        "| Helm | 3 and 4 | Records of both, in Secrets and ConfigMaps; upgrades with Helm 4's server-side apply on the embedded server |",
        $"| Chart (`dask`) | {KnownVersions.Chart} | The contract tests install it; unit tests read recorded releases of other versions |",
        $"| Dask on the cluster | {string.Join(" and ", KnownVersions.Dask)} | In containers of the real cluster, and {KnownVersions.Dask[0]} on the embedded one |",
        $"| Python on the cluster | {string.Join(" and ", KnownVersions.Python)} | With the above |",
        "| Python on the client | none needed | The embedded cluster of `DaskK8s.Testing` needs one with `distributed` |",
        $"| .NET | {KnownVersions.TargetFramework} | Everything, built with the SDK {KnownVersions.Sdk} or a later one of its major |",
        $"| PowerShell | {KnownVersions.PowerShell} | The module's tests; it asks for {KnownVersions.OldestPowerShell} or later |",
        $"| .NET Interactive | {KnownVersions.Interactive} | The notebook. It is the last version; file-based programs come first |",
        "| Operating system of the client | Linux (Debian 12) | Everything |",
    ]);

    [Fact]
    public void Versions_OfTheTestRuns_AreThoseThatTheTestsUse()
    {
        string page = Repository.Read(PagePath);
        int begin = page.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        int end = page.IndexOf(End, StringComparison.Ordinal);
        if (Environment.GetEnvironmentVariable("DASKK8S_UPDATE_DOCS") == "1")
        {
            File.WriteAllText(Repository.PathOf(PagePath), $"{page[..begin]}\n{Table}\n{page[end..]}");
            return;
        }

        page[begin..end].Trim().Should().Be(Table, "DASKK8S_UPDATE_DOCS=1 writes it");
    }

    [Fact]
    public void Readme_TestedWith_NamesTheVersionsOfThePage()
    {
        string sentence = TestedWith().Match(Repository.Read("README.md")).Value;
        string[] known = [.. Rows("Kubernetes").Concat(Rows("Dask on the cluster")).Select(Short)];

        sentence.Should().ContainAll(known);
        Number().Matches(sentence).Select(static m => m.Value).Should().BeEquivalentTo(known, "nothing else was tested");
    }

    [Fact]
    public void Ci_PlaysTheVersionThatTheEmbeddedServerHasByDefault()
    {
        Repository.Read(".ci/run").Should().Contain($"tests/contract.sh v{KnownVersions.EmbeddedKubernetes}\n").And
            .ContainAll(KnownVersions.Dask.Select(static dask => $"DASKK8S_DASK={dask} "));
    }

    [Fact]
    public void ContractWorkflow_TakesTheOldestAndNewestKubernetesAndEachDask()
    {
        string workflow = Repository.Read(".github/workflows/contract.yml");
        Version[] known = [.. Rows("Kubernetes").Select(static row => Version.Parse(Short(row)))];

        Node().Matches(workflow).Select(static m => m.Groups[1].Value).Should().Equal($"{known.Min()}", $"{known.Max()}");
        MatrixDask().Matches(workflow).Select(static m => m.Groups[1].Value).Should().Equal([.. KnownVersions.Dask, "newest"]);
    }

    [Fact]
    public void Page_KubernetesClient_IsTheMajorThatIsAccepted()
    {
        string range = KnownVersions.Package("KubernetesClient");
        string major = Major().Match(range).Groups[1].Value;

        Repository.Read(PagePath).Should().Contain($"`KubernetesClient` {major} is the only major that the packages accept");
        Repository.Read("docs/decisions/0003-kubernetes-client.md").Should().Contain($"`{range}`");
        KnownVersions.Package("Microsoft.Extensions.Hosting.Abstractions").Should().StartWith("10.0.", "the page says that `Microsoft.Extensions.*` are referenced at 10.0");
    }

    /// <summary>Returns the versions in the page's rows of a kind, of both tables.</summary>
    private static IEnumerable<string> Rows(string kind)
    {
        string current = "";
        foreach (string[] cells in Repository.Read(PagePath).Split('\n').Where(static line => line.StartsWith("| ", StringComparison.Ordinal)).Select(static line => line.Split('|', StringSplitOptions.TrimEntries)))
        {
            current = cells[1].Length > 0 ? cells[1] : current;
            foreach (Match version in Full().Matches(current == kind && cells.Length > 3 ? cells[2].Split('(')[0] : ""))
            {
                yield return version.Value;
            }
        }
    }

    private static string Short(string version) => string.Join('.', version.Split('.')[..2]);

    [GeneratedRegex(@"\d+\.\d+\.\d+")]
    private static partial Regex Full();

    [GeneratedRegex(@"\d+\.\d+")]
    private static partial Regex Number();

    [GeneratedRegex("^Tested with: .*?Linux", RegexOptions.Multiline)]
    private static partial Regex TestedWith();

    [GeneratedRegex(@"kindest/node:v(\d+\.\d+)\.")]
    private static partial Regex Node();

    [GeneratedRegex(@"\{ dask: ""?([\w.]+)""?,")]
    private static partial Regex MatrixDask();

    [GeneratedRegex(@"\[(\d+)\.")]
    private static partial Regex Major();
}
