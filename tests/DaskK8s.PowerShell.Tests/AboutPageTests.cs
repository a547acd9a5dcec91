namespace DaskK8s.PowerShell.Tests;

/// <summary>Follows the about page, as somebody does who has just pasted the line of the sandbox.</summary>
[Collection(DaskCollection.Name)]
public sealed class AboutPageTests(DaskFixture fixture) : IClassFixture<DaskFixture>
{
    [Fact]
    public void AboutPage_EveryCommand_RunsInItsOrder()
    {
        string folder = Directory.CreateTempSubdirectory("daskk8s-about-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "train.py"), "print('training')\nsum(range(4))\n");
            string[] commands = [.. File.ReadLines(Path.Combine(Places.Module, "en-US", "about_DaskK8s.help.txt")).Where(static l => l.StartsWith("        ", StringComparison.Ordinal)).Select(static l => l.Trim())];
            File.Exists(Path.Combine(Places.Repository, commands[0].Split(' ')[0])).Should().BeTrue("the page starts with the sandbox");
            using Session session = fixture.Connect();
            session.SetLocation(folder);

            string[][] shown = [.. commands[1..].Select(command => session.Run($"{command}{(command.StartsWith("Invoke-", StringComparison.Ordinal) ? "" : " | ForEach-Object ToString")}").Select(static o => o!.ToString()).ToArray())];

            string Of(string command) => string.Join('\n', shown[Array.FindIndex(commands, c => c.StartsWith(command, StringComparison.Ordinal)) - 1]);
            Of("(Get-DaskAdaptive).Decisions").Should().Contain(" worker: ").And.Contain(" gpu-workers: ");
            Of("Invoke-DaskPython 'sum").Should().Be("45");
            Of("Invoke-DaskPython -Path").Should().Be("6");
            session.Run("Stop-DaskAdaptive");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
