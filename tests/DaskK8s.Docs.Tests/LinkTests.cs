using DaskK8s.Docs.Tests.Pages;

namespace DaskK8s.Docs.Tests;

public sealed class LinkTests
{
    [Fact]
    public void Links_WithinTheRepository_LeadSomewhere()
    {
        List<string> broken = [];
        foreach (Page page in Page.All)
        {
            foreach (string link in page.Links.Where(static link => !link.Contains("://", StringComparison.Ordinal)))
            {
                string[] parts = link.Split('#', 2);
                string target = parts[0].Length == 0 ? page.Path : Path.GetRelativePath(Repository.Root, Path.Combine(Repository.Root, Path.GetDirectoryName(page.Path)!, parts[0])).Replace('\\', '/');
                if (!Path.Exists(Repository.PathOf(target)))
                {
                    broken.Add($"{page}: {link} does not exist");
                }
                else if (parts.Length == 2 && Page.All.FirstOrDefault(other => other.Path == target) is { } other && !other.Anchors.Contains(parts[1]))
                {
                    broken.Add($"{page}: {link} has no such heading");
                }
            }
        }

        string.Join('\n', broken).Should().BeEmpty();
    }

    [Fact]
    public void Links_ToTheWeb_AreWellFormedAndSecure()
    {
        IEnumerable<string> wrong = Page.All.SelectMany(
            static page => page.Links
                .Where(static link => link.Contains("://", StringComparison.Ordinal))
                .Where(static link => !Uri.TryCreate(link, UriKind.Absolute, out Uri? uri) || uri.Scheme != Uri.UriSchemeHttps)
                .Select(link => $"{page}: {link}"));

        string.Join('\n', wrong).Should().BeEmpty();
    }

    [Fact]
    public void Pages_InDocs_AreLinkedFromTheReadmeOrFromAnotherPage()
    {
        HashSet<string> linked = [.. Page.All.SelectMany(static page => page.Links.Select(link =>
            Path.GetRelativePath(Repository.Root, Path.Combine(Repository.Root, Path.GetDirectoryName(page.Path)!, link.Split('#')[0])).Replace('\\', '/')))];

        IEnumerable<string> alone = Page.All.Select(static page => page.Path).Where(static path => path.StartsWith("docs/", StringComparison.Ordinal)).Where(path => !linked.Contains(path));

        string.Join('\n', alone).Should().BeEmpty();
    }
}
