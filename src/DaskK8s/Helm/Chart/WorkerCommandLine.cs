using System.Globalization;

using DaskK8s.Helm.Values;

namespace DaskK8s.Helm.Chart;

/// <summary>The command line of a Dask container: the program and its relevant options.</summary>
internal sealed class WorkerCommandLine
{
    private readonly IReadOnlyList<string> _arguments;

    private WorkerCommandLine(DaskProgram program, string command, IReadOnlyList<string> arguments)
    {
        Program = program;
        Command = command;
        _arguments = arguments;
    }

    /// <summary>Gets which Dask program it is.</summary>
    public DaskProgram Program { get; }

    /// <summary>Gets the command as written, for example <c>dask-cuda-worker</c> or <c>dask worker</c>; empty if it is not Dask's.</summary>
    public string Command { get; }

    /// <summary>Gets the Dask abstract resources of one worker process.</summary>
    public IReadOnlyDictionary<string, double> Resources => DaskResources.Parse(Option("--resources"));

    /// <summary>Gets the threads of one worker process; null if Dask decides.</summary>
    public int? Threads => Int32(Option("--nthreads"));

    /// <summary>Gets the number of worker processes per pod; null for <c>auto</c> and for Dask's default.</summary>
    public int? WorkerProcesses => Int32(Option("--nworkers") ?? Option("--nprocs"));

    /// <summary>Gets the memory limit as written: bytes with a unit, <c>auto</c>, <c>0</c>, or a fraction.</summary>
    public string? MemoryLimit => Option("--memory-limit");

    /// <summary>Gets the memory limit in bytes, if it is written in bytes.</summary>
    public long? MemoryLimitBytes =>
        MemoryLimit is { } text && DaskBytes.TryParse(text, out long bytes) && bytes > 0 ? bytes : null;

    /// <summary>Gets a value indicating whether the program uses TLS.</summary>
    public bool UsesTls =>
        Option("--tls-ca-file") is not null || Option("--tls-cert") is not null || Option("--protocol") is "tls";

    /// <summary>Gets the port that a scheduler listens on; null if it is not set, or is 0 for any port.</summary>
    public int? Port => PortIn(Option("--port"));

    /// <summary>Gets the port of a scheduler's dashboard, written alone or after an address and a colon.</summary>
    public int? DashboardPort => PortIn(Option("--dashboard-address") is { } address ? address[(address.LastIndexOf(':') + 1)..] : null);

    /// <summary>Gets the scheduler that a worker connects to: the first argument that is neither an option nor an option's value; null if there is none.</summary>
    public string? SchedulerAddress
    {
        get
        {
            for (int i = 0; i < _arguments.Count; i++)
            {
                if (!_arguments[i].StartsWith('-'))
                {
                    return _arguments[i].Length > 0 ? _arguments[i] : null;
                }

                if (!_arguments[i].Contains('=', StringComparison.Ordinal) && !IsFlag(_arguments[i]))
                {
                    i++;
                }
            }

            return null;
        }
    }

    /// <summary>Gets an option's value; the last occurrence wins, as in Dask.</summary>
    /// <param name="name">The option's name, including its dashes.</param>
    /// <returns>Null if it is not set.</returns>
    public string? Option(string name)
    {
        for (int i = _arguments.Count - 1; i >= 0; i--)
        {
            string argument = _arguments[i];
            if (argument.Length > name.Length && argument[name.Length] == '=' && argument.StartsWith(name, StringComparison.Ordinal))
            {
                return argument[(name.Length + 1)..];
            }

            if (argument == name && i + 1 < _arguments.Count)
            {
                return _arguments[i + 1];
            }
        }

        return null;
    }

    /// <summary>Reads a container's command and arguments.</summary>
    /// <param name="command">The command.</param>
    /// <param name="args">The arguments.</param>
    /// <param name="variables">The container's environment variables, which the kubelet expands; null for none.</param>
    public static WorkerCommandLine Parse(IEnumerable<string>? command, IEnumerable<string>? args, IReadOnlyDictionary<string, string>? variables = null)
    {
        IEnumerable<string> written = [.. command ?? [], .. args ?? []];
        List<string> words = Flatten([.. variables is { Count: > 0 } known ? written.Select(word => ContainerVariables.Expand(word, known)) : written]);
        for (int i = 0; i < words.Count; i++)
        {
            (DaskProgram program, int length) = Match(words, i);
            if (program != DaskProgram.Other)
            {
                return new WorkerCommandLine(program, string.Join(' ', words.Skip(i).Take(length)), [.. words.Skip(i + length)]);
            }
        }

        return new WorkerCommandLine(DaskProgram.Other, "", words);
    }

    // What a shell is given as one word is many.
    private static List<string> Flatten(List<string> words)
    {
        for (int i = 1; i < words.Count; i++)
        {
            if (words[i - 1] is "-c" or "-lc" or "-ec" && words[i].Contains("dask", StringComparison.Ordinal))
            {
                return [.. words[..i], .. ShellWords.Split(words[i]), .. words[(i + 1)..]];
            }
        }

        return words;
    }

    private static (DaskProgram Program, int Length) Match(List<string> words, int at)
    {
        string word = words[at][(words[at].LastIndexOf('/') + 1)..];
        string next = at + 1 < words.Count ? words[at + 1] : "";
        return word switch
        {
            "dask-worker" or "dask worker" or "distributed.cli.dask_worker" => (DaskProgram.Worker, 1),
            "dask-cuda-worker" or "dask cuda worker" or "dask_cuda.cli" => (DaskProgram.CudaWorker, 1),
            "dask-scheduler" or "dask scheduler" or "distributed.cli.dask_scheduler" => (DaskProgram.Scheduler, 1),
            "dask" when next == "worker" => (DaskProgram.Worker, 2),
            "dask" when next == "scheduler" => (DaskProgram.Scheduler, 2),
            "dask" when next == "cuda" && at + 2 < words.Count && words[at + 2] == "worker" => (DaskProgram.CudaWorker, 3),
            _ => (DaskProgram.Other, 0),
        };
    }

    private static bool IsFlag(string option) =>
        option.StartsWith("--no-", StringComparison.Ordinal) || option is "--dashboard" or "--nanny" or "--reconnect" or "--bokeh" or "--idle" or "--show" or "--enable-tcp-over-ucx" or "--enable-infiniband" or "--enable-nvlink";

    private static int? PortIn(string? text) => Int32(text) is { } port and > 0 and <= ushort.MaxValue ? port : null;

    private static int? Int32(string? text) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) ? value : null;
}
