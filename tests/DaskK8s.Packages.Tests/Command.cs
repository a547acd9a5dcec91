using System.Diagnostics;
using System.Text;

namespace DaskK8s.Packages.Tests;

/// <summary>Runs a program to its end, or until it has written something.</summary>
internal static class Command
{
    public static ProcessStartInfo Of(string folder, string file, params ReadOnlySpan<string> arguments)
    {
        ProcessStartInfo start = new(file) { WorkingDirectory = folder };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return start;
    }

    /// <summary>Runs a program and gives what it wrote.</summary>
    /// <param name="start">The program.</param>
    /// <param name="until">What ends it: the program is stopped when it has written this; null for its own end.</param>
    /// <param name="cancellationToken">Ends it too.</param>
    /// <exception cref="InvalidOperationException">It ended with an error; the text is in the message.</exception>
    public static async Task<string> RunAsync(ProcessStartInfo start, CancellationToken cancellationToken, string? until = null)
    {
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        using Process process = Process.Start(start)!;
        StringBuilder text = new();
        TaskCompletionSource written = new(TaskCreationOptions.RunContinuationsAsynchronously);
        void Add(object sender, DataReceivedEventArgs e)
        {
            lock (text)
            {
                text.Append(e.Data).Append(e.Data is null ? "" : "\n");
                if (until is not null && text.ToString().Contains(until, StringComparison.Ordinal))
                {
                    written.TrySetResult();
                }
            }
        }

        process.OutputDataReceived += Add;
        process.ErrorDataReceived += Add;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            Task ended = process.WaitForExitAsync(cancellationToken);
            if (await Task.WhenAny(ended, written.Task) == ended)
            {
                await ended;
                string all = Text();
                return process.ExitCode == 0 && until is null
                    ? all
                    : throw new InvalidOperationException($"{start.FileName} {string.Join(' ', start.ArgumentList)} ended with {process.ExitCode}:\n{all}");
            }

            return Text();
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }

        string Text()
        {
            lock (text)
            {
                return text.ToString();
            }
        }
    }
}
