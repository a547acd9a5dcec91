using System.Buffers.Binary;
using System.Diagnostics;

using DaskK8s.Interactive.Tests.Browser;

namespace DaskK8s.Interactive.Tests;

/// <summary>Keeps the pictures of the card that the README shows in step with the card.</summary>
public sealed class PictureTests
{
    private const string Update = "DASKK8S_UPDATE_IMAGES";
    private const int Width = 800;
    private const int Height = 401;
    private const int Frame = 90;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Gets the page that the pictures are of; it is stored beside them, as pixels differ from browser to browser.</summary>
    private static string Page => Measured.Page([ClusterCard.ToHtml(Examples.Scaling)], Width - 16).ReplaceLineEndings("\n");

    [Theory]
    [InlineData(Theme.Light)]
    [InlineData(Theme.Dark)]
    public async Task Picture_OfTheCard_IsTakenAndHoldsAllOfIt(Theme theme)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("daskk8s-picture-");
        try
        {
            string page = Path.Combine(folder.FullName, "card.html");
            string picture = Path.Combine(folder.FullName, "card.png");
            await File.WriteAllTextAsync(page, Page, Token);

            await Chromium.ScreenshotAsync(page, theme, Width, Height + Frame, picture, Token);

            byte[] png = await File.ReadAllBytesAsync(picture, Token);
            (BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(16)), BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(20))).Should().Be((2 * Width, 2 * (Height + Frame)));
            if (Environment.GetEnvironmentVariable(Update) == "1")
            {
                Directory.CreateDirectory(Repository.PathOf("docs/images"));
                string stored = Repository.PathOf($"docs/images/card-{theme.ToString().ToLowerInvariant()}.png");
                using Process convert = Process.Start("/usr/bin/convert", [picture, "-crop", $"{2 * Width}x{2 * Height}+0+0", "+repage", "-strip", "+dither", "-colors", "128", $"PNG8:{stored}"]);
                await convert.WaitForExitAsync(Token);
                convert.ExitCode.Should().Be(0, "ImageMagick cuts the pictures to size");
                await File.WriteAllTextAsync(Repository.PathOf("docs/images/card.html"), Page, Token);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Picture_Stored_IsOfTheCardAsItIs() =>
        Repository.Read("docs/images/card.html").Should().Be(Page, "the pictures beside it are to be taken anew otherwise: {0}=1 and these tests", Update);
}
