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

    /// <summary>Gives what a cell's code is.</summary>
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

    /// <summary>Gives the notebook as a file.</summary>
    public override string ToString() => _root.ToJsonString(Layout) + "\n";

    /// <summary>Gives the notebook without what differs from run to run: ports, addresses, names of pods, times, memory in use.</summary>
    public string Normalized() => Varying().Replace(ToString(), "~");

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

    [GeneratedRegex(
        """
        127\.\d+\.\d+\.\d+(:\d+)?|10\.\d+\.\d+\.\d+(:\d+)?|:\d{4,5}\b|my-dask-(worker|scheduler)[-a-z]*-[0-9a-z]+-[0-9a-z]{5}|\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(,\d+)?( UTC)?|\d+\.\d\d .iB of|aria-valuenow=\\"[\d.]+\\"|, [\d.]+ %|width:[\d.]+%|dk-fill( dk-high| dk-full)?|[a-z_]+-[0-9a-f]{8}[-0-9a-f]*|<td class=\\"dk-n\\">\d+</td>| +\d+(?=  )|(tcp|http)://[^ <"]+|[0-9a-f-]{36}|at DaskK8s[^<]*|   at [^\n]*
        """,
        RegexOptions.CultureInvariant)]
    private static partial Regex Varying();
}
