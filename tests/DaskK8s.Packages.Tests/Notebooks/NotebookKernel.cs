using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

using DaskK8s.Tests;

namespace DaskK8s.Packages.Tests.Notebooks;

/// <summary>Runs cells in .NET Interactive, the tool itself, over its line protocol.</summary>
internal sealed class NotebookKernel : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task _reading;
    private readonly ConcurrentDictionary<string, CellRun> _cells = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _tokens;

    private NotebookKernel(Process process)
    {
        _process = process;
        _reading = ReadAsync();
        _ = process.StandardError.ReadToEndAsync().ContinueWith(t => Errors = t.IsCompletedSuccessfully ? t.Result : "", TaskScheduler.Default);
    }

    /// <summary>Gets what the tool wrote to standard error, once it has ended.</summary>
    public string Errors { get; private set; } = "";

    /// <summary>Starts the tool, with packages of ours from a folder and everything else as this machine has it.</summary>
    public static async Task<NotebookKernel> StartAsync(PackageFeed feed, CancellationToken cancellationToken)
    {
        ProcessStartInfo start = new("dotnet")
        {
            // Where .config/dotnet-tools.json is found.
            WorkingDirectory = Repository.Root,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string argument in (string[])["tool", "run", "dotnet-interactive", "--", "stdio", "--working-dir", feed.Folder])
        {
            start.ArgumentList.Add(argument);
        }

        feed.Isolate(start);
        start.Environment["DOTNET_INTERACTIVE_CLI_TELEMETRY_OPTOUT"] = "1";
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        NotebookKernel kernel = new(Process.Start(start)!);
        await kernel._ready.Task.WaitAsync(cancellationToken);

        // The folder's packages, without a word of it in the cells themselves.
        CellRun source = await kernel.RunAsync($"#i \"nuget:{feed.Folder}\"", cancellationToken);
        return source.Error is null ? kernel : throw new InvalidOperationException(source.Error);
    }

    /// <summary>Runs a cell of C# to its end.</summary>
    public async Task<CellRun> RunAsync(string code, CancellationToken cancellationToken)
    {
        string token = $"cell-{Interlocked.Increment(ref _tokens)}";
        CellRun cell = _cells[token] = new CellRun();
        JsonObject command = new()
        {
            ["token"] = token,
            ["commandType"] = "SubmitCode",
            ["command"] = new JsonObject { ["code"] = code, ["targetKernelName"] = "csharp" },
        };
        await _process.StandardInput.WriteLineAsync(command.ToJsonString().AsMemory(), cancellationToken);
        await _process.StandardInput.FlushAsync(cancellationToken);
        await cell.Completion.WaitAsync(cancellationToken);
        return cell;
    }

    public async ValueTask DisposeAsync()
    {
        // At the end of its input the tool ends; its children (pods' processes) end with it.
        _process.StandardInput.Close();
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(10));
        try
        {
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _reading;
        _process.Dispose();
    }

    private async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.StartsWith('{') && JsonNode.Parse(line) is JsonObject message)
            {
                Handle(message);
            }
        }

        InvalidOperationException ended = new("The notebook's kernel has ended.");
        _ready.TrySetException(ended);
        foreach (CellRun cell in _cells.Values)
        {
            cell.Fail(ended);
        }
    }

    private void Handle(JsonObject message)
    {
        string? type = (string?)message["eventType"];
        if (type == "KernelReady")
        {
            _ready.TrySetResult();
        }

        // Commands that a cell causes have its token, a dot and a number.
        string? token = (string?)message["command"]?["token"];
        if (token is not null && _cells.TryGetValue(token.Split('.')[0], out CellRun? cell))
        {
            cell.Add(type!, message["event"] as JsonObject ?? [], isOwn: !token.Contains('.', StringComparison.Ordinal));
        }
    }
}
