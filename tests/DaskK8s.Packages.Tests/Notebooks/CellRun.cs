using System.Text.Json.Nodes;

namespace DaskK8s.Packages.Tests.Notebooks;

/// <summary>Collects what a cell shows, as a notebook's front end does.</summary>
internal sealed class CellRun
{
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private readonly List<(string? Id, CellOutput Output)> _outputs = [];

    /// <summary>Gets a task that ends with the cell, whether or not the cell failed.</summary>
    public Task Completion => _completion.Task;

    /// <summary>Gets the cell's error, or null where it ended well.</summary>
    public string? Error { get; private set; }

    public IReadOnlyList<CellOutput> Outputs
    {
        get
        {
            lock (_lock)
            {
                return [.. _outputs.Select(static o => o.Output)];
            }
        }
    }

    public void Fail(Exception error) => _completion.TrySetException(error);

    public void Add(string type, JsonObject content, bool isOwn)
    {
        lock (_lock)
        {
            string? id = (string?)content["valueId"];
            switch (type)
            {
                case "ReturnValueProduced":
                    _outputs.Add((id, new CellOutput("execute_result", Values(content), 0)));
                    break;
                case "DisplayedValueProduced":
                    _outputs.Add((id, new CellOutput("display_data", Values(content), 0)));
                    break;
                case "DisplayedValueUpdated" when _outputs.FindIndex(o => o.Id == id) is >= 0 and int place:
                    _outputs[place] = (id, _outputs[place].Output with { Data = Values(content), Updates = _outputs[place].Output.Updates + 1 });
                    break;
                case "StandardOutputValueProduced":
                    AddText(string.Concat(Values(content).Values));
                    break;
                case "CommandFailed":
                    Error ??= (string?)content["message"] ?? "failed";
                    break;
                default:
                    break;
            }
        }

        if (isOwn && type is "CommandSucceeded" or "CommandFailed" && isOwn)
        {
            _completion.TrySetResult();
        }
    }

    private void AddText(string text)
    {
        if (_outputs is [.., (_, { Kind: "stream" } last)])
        {
            _outputs[^1] = (null, last with { Data = new Dictionary<string, string> { ["text/plain"] = last.Text + text } });
        }
        else
        {
            _outputs.Add((null, new CellOutput("stream", new Dictionary<string, string> { ["text/plain"] = text }, 0)));
        }
    }

    private static Dictionary<string, string> Values(JsonObject content) =>
        content["formattedValues"]!.AsArray().ToDictionary(static v => (string)v!["mimeType"]!, static v => ((string)v!["value"]!).ReplaceLineEndings("\n"));
}
