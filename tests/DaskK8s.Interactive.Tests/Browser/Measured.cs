using System.Text.Json;
using System.Text.RegularExpressions;

namespace DaskK8s.Interactive.Tests.Browser;

/// <summary>Holds what a browser made of views: see <c>measure.js</c>.</summary>
/// <param name="Broken">What an attack's script wrote, or null where none ran.</param>
/// <param name="Overflowing">Elements whose content does not fit them, or that leave their view, with their text.</param>
/// <param name="Scrolling">Tables that need to be scrolled.</param>
/// <param name="LowestContrast">The lowest contrast of a text against its background.</param>
/// <param name="LowestContrastText">That text.</param>
/// <param name="Text">All that a reader sees.</param>
/// <param name="Background">The background of the first view.</param>
/// <param name="Requests">Addresses that the page loaded beside itself.</param>
internal sealed partial record Measured(
    string? Broken, string[] Overflowing, string[] Scrolling, double LowestContrast, string LowestContrastText, string Text, string Background, string[] Requests)
{
    /// <summary>Shows views in a page and measures them.</summary>
    public static async Task<Measured> OfAsync(IEnumerable<string> views, Theme theme, int width, CancellationToken cancellationToken, string bodyAttributes = "")
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("daskk8s-page-");
        try
        {
            string page = Path.Combine(folder.FullName, "page.html");
            string script = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Browser", "measure.js"), cancellationToken);
            await File.WriteAllTextAsync(page, Page(views, width, script, bodyAttributes), cancellationToken);
            string dom = await Chromium.DumpAsync(page, theme, cancellationToken);
            string json = Uri.UnescapeDataString(Result().Match(dom).Groups[1].Value);
            return JsonSerializer.Deserialize<Measured>(json, JsonSerializerOptions.Web)!;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Creates a page as a notebook's: outputs of a width in pixels, one below the other.</summary>
    public static string Page(IEnumerable<string> views, int width, string script = "", string bodyAttributes = "") =>
        $$"""
        <!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
        <style>html{color-scheme:light dark}body{margin:8px;background:Canvas;color:CanvasText;font-family:sans-serif}.cell{width:{{width}}px}</style></head>
        <body {{bodyAttributes}}>{{string.Concat(views.Select(static v => $"<div class=\"cell\">{v}</div>"))}}<script>{{script}}</script></body></html>
        """;

    [GeneratedRegex("<meta name=\"measured\" content=\"([^\"]*)\"")]
    private static partial Regex Result();
}
