using DaskK8s.Docs.Tests.Pages;

namespace DaskK8s.Docs.Tests;

/// <summary>
/// Holds every block of code on the pages to a file that is compiled or run by tests. With <c>DASKK8S_UPDATE_DOCS=1</c> the
/// blocks are written from the files.
/// </summary>
public sealed class CodeBlockTests
{
    /// <summary>Blocks that are not code of ours: pictures, and what a program printed.</summary>
    private static readonly string[] NoCode = ["mermaid", "text"];

    [Fact]
    public void CodeBlocks_OfEveryPage_AreWhatTheirFilesSay()
    {
        if (Environment.GetEnvironmentVariable("DASKK8S_UPDATE_DOCS") == "1")
        {
            Update();
            return;
        }

        List<string> stale = [];
        foreach (PageCode code in Page.All.SelectMany(static page => page.Code).Where(static code => code.Snippet is not null))
        {
            if (!SnippetFiles.All.TryGetValue(code.Snippet!, out string? text))
            {
                stale.Add($"{code}: no file has a snippet {code.Snippet}");
            }
            else if (code.Text != text)
            {
                stale.Add($"{code}: differs from snippet {code.Snippet}; DASKK8S_UPDATE_DOCS=1 writes it");
            }
        }

        string.Join('\n', stale).Should().BeEmpty();
    }

    /// <summary>The code of a package's readme is run from the package itself, in DaskK8s.Packages.Tests.</summary>
    [Fact]
    public void CodeBlocks_OfEveryPage_ComeFromAFile()
    {
        IEnumerable<string> strangers = Page.All.Where(static page => !page.Path.EndsWith("/PACKAGE.md", StringComparison.Ordinal)).SelectMany(static page => page.Code)
            .Where(static code => code.Snippet is null && code.Language != "sh" && !NoCode.Contains(code.Language) && !IsGenerated(code))
            .Select(static code => $"{code} ({code.Language ?? "indented"}) has no '<!-- snippet: NAME -->' before it");

        string.Join('\n', strangers).Should().BeEmpty();
    }

    [Fact]
    public void CommandBlocks_FilesOfOurs_Exist()
    {
        IEnumerable<string> missing =
            from page in Page.All
            from code in page.Code
            where code.Language == "sh"
            from line in code.Text.Split('\n')
            from word in line.Split('#')[0].Split([' ', '=', '"', '\'', '(', ')'], StringSplitOptions.RemoveEmptyEntries)
            where word.StartsWith("tests/", StringComparison.Ordinal) || word.StartsWith("samples/", StringComparison.Ordinal) || word.StartsWith("src/", StringComparison.Ordinal)
            where !Path.Exists(Repository.PathOf(word))
            select $"{code}: {word} does not exist";

        string.Join('\n', missing).Should().BeEmpty();
    }

    [Fact]
    public void Snippets_OfEveryFile_AreShownOnAPage()
    {
        IEnumerable<string> shown = Page.All.SelectMany(static page => page.Code).Select(static code => code.Snippet).OfType<string>();

        SnippetFiles.All.Keys.Should().BeSubsetOf(shown, "a snippet that no page shows is left over");
    }

    /// <summary>Determines whether a block lies between markers of a page that another test writes.</summary>
    private static bool IsGenerated(PageCode code)
    {
        string before = Repository.Read(code.Page)[..code.Span.Start];
        int begin = before.LastIndexOf(": begin -->", StringComparison.Ordinal);
        return begin > before.LastIndexOf(": end -->", StringComparison.Ordinal);
    }

    private static void Update()
    {
        foreach (Page page in Page.All)
        {
            string text = page.Text;
            foreach (PageCode code in page.Code.Reverse().Where(static code => code.Snippet is not null && SnippetFiles.All.ContainsKey(code.Snippet)))
            {
                string fence = $"```{code.Language}\n{SnippetFiles.All[code.Snippet!]}\n```";
                text = text[..code.Span.Start] + fence + text[(code.Span.End + 1)..];
            }

            if (text != page.Text)
            {
                File.WriteAllText(Repository.PathOf(page.Path), text);
            }
        }
    }
}
