using System.Diagnostics;
using System.IO.Compression;

using DaskK8s.Tests.Rigs.Dask;

namespace DaskK8s.Tests.Dask.Code;

/// <summary>Packages that pip installs, from a folder of wheels: no registry is asked.</summary>
public sealed class InstallPackagesTests : IDisposable
{
    private static readonly PythonFunction Answer = PythonFunction.FromName("daskk8s_made_here", "answer");

    private static readonly PythonFunction ProcessId = PythonFunction.FromName("os", "getpid");

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("daskk8s-install-");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string[] FromFolder => ["--no-index", "--find-links", _folder.FullName];

    [Fact]
    public async Task InstallPackagesAsync_Wheel_IsThereOnWorkersNowAndLater()
    {
        string python = await MakeEnvironmentAsync();
        await MakeWheelAsync();
        await using DaskProcess scheduler = await DaskProcess.StartSchedulerAsync();
        await using DaskProcess worker = await DaskProcess.StartWorkerWithAsync(python, scheduler.Address, "first", "--no-nanny");
        await using DaskClient client = await DaskClient.ConnectAsync(scheduler.Address, null, Token);

        await client.InstallPackagesAsync(["daskk8s-made-here==1.*"], FromFolder, cancellationToken: Token);
        await using DaskProcess late = await DaskProcess.StartWorkerWithAsync(python, scheduler.Address, "late", "--no-nanny");

        (await client.RunOnWorkersAsync<int>(Answer, cancellationToken: Token)).Should().HaveCount(2).And.OnlyContain(static a => a.ResultOrThrow() == 42);
    }

    [Fact]
    public async Task InstallPackagesAsync_RestartAsked_WorkersWithSomethingNewStartAgainOnce()
    {
        string python = await MakeEnvironmentAsync();
        await MakeWheelAsync();
        await using DaskProcess scheduler = await DaskProcess.StartSchedulerAsync();
        await using DaskProcess worker = await DaskProcess.StartWorkerWithAsync(python, scheduler.Address, "first", "--nanny");
        await using DaskClient client = await DaskClient.ConnectAsync(scheduler.Address, null, Token);
        int before = await ProcessAsync(client);

        await client.InstallPackagesAsync(["daskk8s-made-here"], FromFolder, restartWorkers: true, cancellationToken: Token);

        int after;
        do
        {
            after = await ProcessAsync(client);
        }
        while (after == before);
        using DaskFuture<int> task = await client.SubmitAsync<int>(Answer, [], null, Token);
        (await task.ResultAsync(TimeSpan.FromMinutes(1), Token)).Should().Be(42);
        (await ProcessAsync(client)).Should().Be(after);
    }

    [Fact]
    public async Task InstallPackagesAsync_NoSuchPackage_ThrowsWithPipsOutputAndLaterWorkersDoNotTry()
    {
        string python = await MakeEnvironmentAsync();
        await using DaskProcess scheduler = await DaskProcess.StartSchedulerAsync();
        await using DaskProcess worker = await DaskProcess.StartWorkerWithAsync(python, scheduler.Address, "first", "--no-nanny");
        await using DaskClient client = await DaskClient.ConnectAsync(scheduler.Address, null, Token);

        Func<Task> install = () => client.InstallPackagesAsync(["daskk8s-not-made-anywhere"], FromFolder, cancellationToken: Token);

        DaskCodeException error = (await install.Should().ThrowAsync<DaskCodeException>()).Which;
        error.Failures.Should().ContainSingle().Which.Value.Should()
            .Contain("No matching distribution found for daskk8s-not-made-anywhere").And.NotContain("\\n");
        await using DaskProcess late = await DaskProcess.StartWorkerWithAsync(python, scheduler.Address, "late", "--no-nanny");
        late.Log.Should().NotContain("pip");
    }

    [Theory]
    [InlineData]
    [InlineData("--upgrade")]
    [InlineData("s3fs", " ")]
    public async Task InstallPackagesAsync_NoPackages_ThrowsArgumentException(params string[] packages)
    {
        await using DaskProcess scheduler = await DaskProcess.StartSchedulerAsync();
        await using DaskClient client = await DaskClient.ConnectAsync(scheduler.Address, null, Token);

        Func<Task> install = () => client.InstallPackagesAsync(packages, cancellationToken: Token);

        await install.Should().ThrowAsync<ArgumentException>();
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static async Task<int> ProcessAsync(DaskClient client)
    {
        while (true)
        {
            if ((await client.RunOnWorkersAsync<int>(ProcessId, cancellationToken: Token)) is [{ Error: null } answer])
            {
                return answer.ResultOrThrow();
            }
        }
    }

    /// <summary>Makes a Python that sees what is installed and takes more without changing the machine.</summary>
    private async Task<string> MakeEnvironmentAsync()
    {
        string folder = Path.Combine(_folder.FullName, "environment");
        using Process process = Process.Start(DaskPython.Path, ["-m", "venv", "--without-pip", "--system-site-packages", folder]);
        await process.WaitForExitAsync(Token);
        return Path.Combine(folder, "bin", "python3");
    }

    private async Task MakeWheelAsync()
    {
        const string Info = "daskk8s_made_here-1.0.dist-info";
        using ZipArchive archive = await ZipFile.OpenAsync(Path.Combine(_folder.FullName, "daskk8s_made_here-1.0-py3-none-any.whl"), ZipArchiveMode.Create, Token);
        foreach ((string name, string text) in new[]
        {
            ("daskk8s_made_here.py", "def answer(): return 42\n"),
            ($"{Info}/METADATA", "Metadata-Version: 2.1\nName: daskk8s-made-here\nVersion: 1.0\n"),
            ($"{Info}/WHEEL", "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"),
            ($"{Info}/RECORD", $"daskk8s_made_here.py,,\n{Info}/METADATA,,\n{Info}/WHEEL,,\n{Info}/RECORD,,\n"),
        })
        {
            await using StreamWriter writer = new(await archive.CreateEntry(name).OpenAsync(Token));
            await writer.WriteAsync(text);
        }
    }
}
