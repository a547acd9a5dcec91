using System.Diagnostics;

namespace DaskK8s.Interactive.Tests.Browser;

/// <summary>Runs Debian's headless Chromium on one page; it talks to nobody.</summary>
internal static class Chromium
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private static readonly string[] Quiet =
    [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
        "--disable-sync", "--disable-extensions", "--disable-dev-shm-usage", "--hide-scrollbars", "--proxy-server=127.0.0.1:9", "--virtual-time-budget=2000",
    ];

    /// <summary>Returns the page's DOM after its scripts ran.</summary>
    public static Task<string> DumpAsync(string pageFile, Theme theme, CancellationToken cancellationToken) =>
        RunAsync(pageFile, theme, 1200, 2000, ["--dump-dom"], cancellationToken);

    /// <summary>Takes a picture of the page's upper left, at twice the resolution; the lowest 90 pixels stay empty, in place of the window's frame.</summary>
    public static Task ScreenshotAsync(string pageFile, Theme theme, int width, int height, string pngFile, CancellationToken cancellationToken) =>
        RunAsync(pageFile, theme, width, height, ["--force-device-scale-factor=2", $"--screenshot={pngFile}"], cancellationToken);

    private static async Task<string> RunAsync(string pageFile, Theme theme, int width, int height, string[] what, CancellationToken cancellationToken)
    {
        DirectoryInfo profile = Directory.CreateTempSubdirectory("daskk8s-chromium-");
        try
        {
            ProcessStartInfo start = new(Find()) { RedirectStandardOutput = true, RedirectStandardError = true };
            string[] own =
            [
                $"--user-data-dir={profile.FullName}", $"--window-size={width},{height}",
                // What a reader's system asks for: 0 is dark, 1 is light.
                $"--blink-settings=preferredColorScheme={(theme == Theme.Dark ? 0 : 1)}",
            ];
            foreach (string argument in (string[])[.. Quiet, .. own, .. what, new Uri(pageFile).AbsoluteUri])
            {
                start.ArgumentList.Add(argument);
            }

            using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(Limit);
            using Process process = Process.Start(start)!;
            try
            {
                Task<string> errors = process.StandardError.ReadToEndAsync(limit.Token);
                string output = await process.StandardOutput.ReadToEndAsync(limit.Token);
                await process.WaitForExitAsync(limit.Token);
                return process.ExitCode == 0 ? output : throw new InvalidOperationException($"Chromium ended with {process.ExitCode}: {await errors}");
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                throw;
            }
        }
        finally
        {
            profile.Delete(recursive: true);
        }
    }

    private static string Find()
    {
        string? given = Environment.GetEnvironmentVariable("DASKK8S_CHROMIUM");
        string[] names = given is null ? ["chromium", "chromium-browser", "google-chrome"] : [given];
        string[] folders = Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator);
        return names.SelectMany(n => folders.Select(f => Path.Combine(f, n))).FirstOrDefault(File.Exists)
            ?? throw new InvalidOperationException("No Chromium on the PATH: tests/prerequisites.sh installs Debian's (apt-get install chromium); DASKK8S_CHROMIUM names another.");
    }
}
