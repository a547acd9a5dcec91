using System.Diagnostics;
using System.Globalization;

namespace DaskK8s.Testing.Tests;

/// <summary>A library takes no signal of its process: Ctrl-C ends the program that runs an embedded cluster.</summary>
public sealed class SignalTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task Signal_ProgramWithAnEmbeddedCluster_EndsIt(string signal)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Needs kill and env with --default-signal.");

        // Tests that run in the background have SIGINT ignored, and would hand that on.
        ProcessStartInfo start = new("env", ["--default-signal=INT,TERM", "dotnet", typeof(SignalTests).Assembly.Location])
        {
            RedirectStandardOutput = true,
            Environment = { [SignalHost.Variable] = "1" },
        };
        using Process program = Process.Start(start)!;
        try
        {
            (await program.StandardOutput.ReadLineAsync(Token).AsTask().WaitAsync(Limit, Token)).Should().Be(SignalHost.Ready);

            using (Process kill = Process.Start("kill", [$"-{signal}", program.Id.ToString(CultureInfo.InvariantCulture)]))
            {
                await kill.WaitForExitAsync(Token);
            }

            await program.WaitForExitAsync(Token).WaitAsync(Limit, Token);
            program.ExitCode.Should().NotBe(0);
        }
        finally
        {
            if (!program.HasExited)
            {
                program.Kill(entireProcessTree: true);
            }
        }
    }
}
