using System.Diagnostics;
using System.Management.Automation;

using Shell = System.Management.Automation.PowerShell;

namespace DaskK8s.PowerShell.Tests;

/// <summary>Presses Ctrl-C, as hosts do: they stop the pipeline and wait until it has ended.</summary>
internal static class CtrlC
{
    /// <summary>How long a pipeline may take to end: a second is what is promised, and a machine that is busy with other tests gets four more.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan ComingThere = TimeSpan.FromMinutes(2);

    /// <summary>Stops a script when it has come to a point; it must end in time, and without going on.</summary>
    public static async Task PressAsync(Session session, string script, Func<Shell, PSObject[], bool> at)
    {
        using Shell shell = session.Start($"{script}; 'went on'");
        PSDataCollection<PSObject> output = [];
        shell.BeginInvoke<PSObject, PSObject>(null, output);
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(ComingThere);
        // To enumerate such a collection waits for the pipeline's end: it is copied.
        while (!at(shell, output.ToArray()))
        {
            if (shell.InvocationStateInfo.State != PSInvocationState.Running)
            {
                Assert.Fail($"{script} ended before: {string.Join(' ', shell.Streams.Error.ReadAll())}");
            }

            await Task.Delay(20, limit.Token);
        }

        TimeSpan took = await Task.Run(
            () =>
            {
                long start = Stopwatch.GetTimestamp();
                shell.Stop();
                return Stopwatch.GetElapsedTime(start);
            },
            TestContext.Current.CancellationToken);

        shell.InvocationStateInfo.State.Should().Be(PSInvocationState.Stopped);
        output.ToArray().Should().NotContain(static o => o.BaseObject is string);
        took.Should().BeLessThan(Limit, $"of {script}");
    }

    /// <summary>Stops a script when it has come to a point, by what it shows.</summary>
    public static Task PressAsync(Session session, string script, Func<Shell, bool> at) => PressAsync(session, script, (shell, _) => at(shell));

    /// <summary>Determines whether a progress bar whose text begins so was shown.</summary>
    public static bool Shows(Shell shell, string activity) => shell.Streams.Progress.ToArray().Any(p => p.Activity.StartsWith(activity, StringComparison.Ordinal));
}
