using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace DaskK8s.Packages.Tests.Notebooks;

/// <summary>Reads a notebook (nbformat 4), and puts outputs of a run into it.</summary>
internal sealed partial class NotebookFile
{
    private static readonly JsonSerializerOptions Layout = new() { WriteIndented = true, IndentSize = 1, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly JsonObject _root;

    public NotebookFile(string json) => _root = JsonNode.Parse(json)!.AsObject();

    /// <summary>Gets the cells with code, in their order.</summary>
    public IReadOnlyList<JsonObject> CodeCells => [.. _root["cells"]!.AsArray().Select(static c => c!.AsObject()).Where(static c => (string?)c["cell_type"] == "code")];

    /// <summary>Gets all cells, text included.</summary>
    public IReadOnlyList<JsonObject> Cells => [.. _root["cells"]!.AsArray().Select(static c => c!.AsObject())];

    /// <summary>Returns what a cell's code or text is.</summary>
    public static string CodeOf(JsonObject cell) => string.Concat(cell["source"]!.AsArray().Select(static l => (string)l!));

    /// <summary>Takes the place of a cell's outputs; those of a cell that loads packages are left out, since they name the versions of the day.</summary>
    public static void Store(JsonObject cell, int number, CellRun run)
    {
        cell["execution_count"] = number;
        JsonArray outputs = [];
        foreach (CellOutput output in CodeOf(cell).StartsWith("#r ", StringComparison.Ordinal) ? [] : run.Outputs)
        {
            outputs.Add(ToJson(output, number));
        }

        cell["outputs"] = outputs;
    }

    /// <summary>Returns the notebook as a file.</summary>
    public override string ToString() => _root.ToJsonString(Layout) + "\n";

    /// <summary>Returns what the notebook shows, without what differs from run to run: numbers, names of pods and tasks, logs, which worker is listed where.</summary>
    public string Normalized()
    {
        StringBuilder text = new();
        foreach (JsonObject cell in CodeCells)
        {
            text.Append("# ").Append(CodeOf(cell)).Append('\n');
            foreach (JsonObject output in cell["outputs"]!.AsArray().Select(static o => o!.AsObject()))
            {
                JsonNode shown = output["text"] ?? output["data"]!["text/html"]!;
                string value = string.Concat(shown.AsArray().Select(static l => (string)l!));
                text.Append((string?)output["output_type"]).Append(": ").Append(Varying().Replace(Log().Replace(DaskVersion().Replace(value, ""), "<pre>"), "~")).Append('\n');
            }
        }

        return text.ToString();
    }

    private static JsonObject ToJson(CellOutput output, int number)
    {
        if (output.Kind == "stream")
        {
            return new JsonObject { ["output_type"] = "stream", ["name"] = "stdout", ["text"] = Lines(output.Text) };
        }

        JsonObject data = [];
        foreach ((string mimeType, string value) in output.Data.OrderBy(static d => d.Key, StringComparer.Ordinal))
        {
            data[mimeType] = Lines(value);
        }

        JsonObject json = new() { ["output_type"] = output.Kind, ["metadata"] = new JsonObject(), ["data"] = data };
        if (output.Kind == "execute_result")
        {
            json["execution_count"] = number;
        }

        return json;
    }

    private static JsonArray Lines(string text) => [.. text.Split('\n').SelectMany((l, i) => i == 0 ? new[] { l } : ["\n", l]).Aggregate(new List<string>(), Join).Select(static l => (JsonNode)l)];

    private static List<string> Join(List<string> lines, string part)
    {
        if (part == "\n")
        {
            lines[^1] += part;
            lines.Add("");
        }
        else if (lines.Count == 0)
        {
            lines.Add(part);
        }
        else
        {
            lines[^1] += part;
        }

        return lines;
    }

    /// <summary>Finds the version of Dask, which differs from machine to machine and is shown where it was asked for.</summary>
    [GeneratedRegex(@"<dt>Dask</dt><dd><bdi>[^<]*</bdi></dd>|, Dask [\d.]+", RegexOptions.CultureInvariant)]
    private static partial Regex DaskVersion();

    [GeneratedRegex("<pre.*?</pre>", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex Log();

    [GeneratedRegex(@"-[0-9a-f]{6,10}-[0-9a-z]{5}\b|[0-9a-f]{32}|<bdi>(gpu-workers|worker)</bdi>|<div class=""dk-small""><bdi>GPU=1</bdi></div>|[kMG]iB|dk-fill( dk-high| dk-full)?|[\d.]+", RegexOptions.CultureInvariant)]
    private static partial Regex Varying();
}
