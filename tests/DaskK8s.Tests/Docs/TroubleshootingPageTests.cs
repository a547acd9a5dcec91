using DaskK8s.Tests.Rigs;

namespace DaskK8s.Tests.Docs;

public sealed class TroubleshootingPageTests
{
    [Fact]
    public void TroubleshootingPage_Exceptions_AreAllThatTheLibraryThrows()
    {
        string page = Repository.Read("docs/troubleshooting.md");

        typeof(HelmCluster).Assembly.GetExportedTypes()
            .Where(t => typeof(DaskK8sException).IsAssignableFrom(t) && !t.IsAbstract)
            .Select(t => t.Name)
            .Should().OnlyContain(name => page.Contains($"`{name}`"));
    }
}
