using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace DaskK8s.Packages.Tests.Notebooks;

/// <summary>Shows a part of a notebook as a page, for the picture in the README.</summary>
internal static class NotebookPage
{
    private const string Style =
        "body{margin:0;padding:14px 18px;width:884px;background:#fff;color:#1f2328;font:14px/1.5 system-ui,\"DejaVu Sans\",sans-serif}" +
        "h1{font-size:22px;margin:0 0 6px}h2{font-size:18px;margin:14px 0 4px}p{margin:0 0 8px}" +
        "pre.code{margin:8px 0 6px;padding:8px 12px;border:1px solid #d0d7de;border-left:3px solid #3b7ddd;border-radius:4px;background:#f6f8fa;font:12.5px/1.5 \"DejaVu Sans Mono\",monospace;white-space:pre-wrap}" +
        ".out{margin:0 0 8px 14px}";

    /// <summary>Creates the page of some cells.</summary>
    public static string Of(IEnumerable<JsonObject> cells)
    {
        StringBuilder html = new($"<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><style>{Style}</style></head><body>");
        foreach (JsonObject cell in cells)
        {
            string source = NotebookFile.CodeOf(cell);
            if ((string?)cell["cell_type"] == "markdown")
            {
                foreach (string line in source.Split('\n', StringSplitOptions.RemoveEmptyEntries))
                {
                    int level = line.TakeWhile(static c => c == '#').Count();
                    string tag = level == 0 ? "p" : $"h{level}";
                    html.Append($"<{tag}>{WebUtility.HtmlEncode(line.TrimStart('#').Trim())}</{tag}>");
                }

                continue;
            }

            html.Append($"<pre class=\"code\">{WebUtility.HtmlEncode(source)}</pre>");
            foreach (JsonNode? output in cell["outputs"]!.AsArray())
            {
                string shown = output!["text"] is JsonArray text
                    ? $"<pre>{WebUtility.HtmlEncode(Joined(text))}</pre>"
                    : Joined(output["data"]!["text/html"]!.AsArray());
                html.Append($"<div class=\"out\">{shown}</div>");
            }
        }

        return html.Append("</body></html>").ToString();
    }

    private static string Joined(JsonArray lines) => string.Concat(lines.Select(static l => (string)l!));
}
