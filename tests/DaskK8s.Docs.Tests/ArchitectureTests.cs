using DaskK8s.Docs.Tests.Architecture;
using DaskK8s.Docs.Tests.Pages;

namespace DaskK8s.Docs.Tests;

/// <summary>
/// Holds the arrows between rooms to their order, and the pictures on the architecture page to the arrows. With
/// <c>DASKK8S_UPDATE_DOCS=1</c> the pictures are written.
/// </summary>
public sealed class ArchitectureTests(SourceFixture source) : IClassFixture<SourceFixture>
{
    private const string PagePath = "docs/architecture.md";

    /// <summary>The largest number of files that one folder holds.</summary>
    private const int MaxFilesPerFolder = 30;

    [Fact]
    public void Arrows_BetweenRooms_NeverRunUpwards()
    {
        IEnumerable<Arrow> upward = Rooms.Upward(source.Arrows, Rooms.Order).Where(static arrow => !Rooms.ToCut.Contains((arrow.From, arrow.To)));

        string.Join('\n', upward).Should().BeEmpty("a room uses only rooms that stand below it in Rooms.Order");
    }

    [Fact]
    public void Arrows_BetweenTheLibraryAndItsEmbeddedKubernetes_DoNotExist()
    {
        string.Join('\n', source.Arrows.Where(Rooms.Meet)).Should().BeEmpty("the two meet on the wire only");
    }

    [Fact]
    public void ToCut_EveryPair_StillExists()
    {
        Rooms.ToCut.Should().BeSubsetOf(source.Arrows.Select(static arrow => (arrow.From, arrow.To)), "a pair that was cut leaves the list");
    }

    [Fact]
    public void Order_EveryRoom_IsAFolderWithCode()
    {
        Rooms.Order.Should().BeEquivalentTo(source.Files.Keys.Select(SourceArrows.RoomOf).Distinct());
    }

    [Fact]
    public void Folders_OfSourceAndTests_HoldFewFiles()
    {
        IEnumerable<string> crowded =
            from file in Repository.Files(".cs")
            group file by SourceArrows.RoomOf(file) into folder
            where folder.Count() > MaxFilesPerFolder
            select $"{folder.Key} holds {folder.Count()} files";

        string.Join('\n', crowded).Should().BeEmpty();
    }

    [Theory]
    [InlineData("src/DaskK8s")]
    [InlineData("src/DaskK8s.Testing")]
    public void Picture_OfAProject_ShowsTheArrowsOfItsCode(string project)
    {
        string picture = ArchitecturePicture.Draw(source.Arrows.Except(Rooms.Upward(source.Arrows, Rooms.Order)), project);
        PageCode shown = Page.Read(PagePath).Code.Single(code => code.CommentBefore == $"<!-- rooms: {project} -->");
        if (Environment.GetEnvironmentVariable("DASKK8S_UPDATE_DOCS") == "1")
        {
            string text = Repository.Read(PagePath);
            File.WriteAllText(Repository.PathOf(PagePath), text[..shown.Span.Start] + picture + text[(shown.Span.End + 1)..]);
            return;
        }

        $"```{shown.Language}\n{shown.Text}\n```".Should().Be(picture, "DASKK8S_UPDATE_DOCS=1 writes it");
    }

    [Theory]
    [InlineData("class Use { void M() { new Upper.Tall().Grow(); } }")]
    [InlineData("class Use { object M() => Upper.Tall.Height; }")]
    [InlineData("class Use : Upper.Tall;")]
    [InlineData("class Use { System.Collections.Generic.List<Upper.Tall> Field = []; }")]
    [InlineData("class Use { void M(Upper.Tall? tall = null) { } }")]
    [InlineData("class Use { void M() { Make(new()); } void Make(Upper.Tall tall) { } }")]
    [InlineData("[Upper.Mark] class Use;")]
    [InlineData("class Use { void M(string text) => Upper.Extensions.Shout(text); }")]
    [InlineData("using Upper; class Use { void M(string text) => text.Shout(); }")]
    [InlineData("class Use { string M() => nameof(Upper.Tall); }")]
    [InlineData("class Use { bool M(object o) => o is Upper.Tall; }")]
    [InlineData("class Use { void M() { _ = new int[0].Select(static i => new Upper.Tall()); } }")]
    [InlineData("class Use { class Inner { Upper.Tall.Nested? Field; } }")]
    public void Find_UseOfAHigherRoom_NamesFileAndType(string use)
    {
        Dictionary<string, string> files = new()
        {
            ["src/Made/Upper/Tall.cs"] = """
                namespace Upper;
                public class Tall { public const int Height = 3; public void Grow() { } public class Nested; }
                public class MarkAttribute : Attribute;
                public static class Extensions { public static string Shout(this string text) => text + "!"; }
                """,
            ["src/Made/Lower/Use.cs"] = $"// A comment names Upper.Tall.\n{use}",
        };

        Arrow[] upward = [.. Rooms.Upward(SourceArrows.Find(files), ["src/Made/Upper", "src/Made/Lower"])];

        upward.Should().NotBeEmpty().And.OnlyContain(static arrow => arrow.File == "src/Made/Lower/Use.cs" && arrow.Line == 2 && arrow.User == "Use" && arrow.To == "src/Made/Upper");
    }

    [Fact]
    public void Find_UseOfALowerRoom_IsNotUpward()
    {
        Dictionary<string, string> files = new()
        {
            ["src/Made/Upper/Tall.cs"] = "class Tall { Small? Field; }",
            ["src/Made/Lower/Small.cs"] = "/// <summary>Used by <see cref=\"Tall\"/>.</summary>\nclass Small;",
        };

        IReadOnlyList<Arrow> arrows = SourceArrows.Find(files);

        arrows.Should().ContainSingle().Which.ToString().Should().Be("src/Made/Upper/Tall.cs:1: Tall (src/Made/Upper) uses Small (src/Made/Lower)");
        Rooms.Upward(arrows, ["src/Made/Upper", "src/Made/Lower"]).Should().BeEmpty();
        Rooms.Upward(arrows, ["src/Made/Lower"]).Should().ContainSingle("a room without a place in the order is found too");
    }
}
