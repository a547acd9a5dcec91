using System.IO.Compression;

using DaskK8s.Tests.Rigs.Dask;

namespace DaskK8s.Tests.Dask.Code;

/// <summary>Code of the user's own on real workers.</summary>
[Collection(DaskProcessesGroup.Name)]
public sealed class UploadTests(DaskProcesses dask) : DaskClientTestBase(dask), IDisposable
{
    private readonly string _address = dask.Address;
    private readonly string _name = $"helper_{Guid.NewGuid():N}";
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("daskk8s-upload-");

    [Fact]
    public async Task UploadAsync_Module_IsImportableOnWorkersNowAndLater()
    {
        string name = await Client.UploadAsync(Write($"{_name}.py", "def answer(): return 42\n"), Token);
        PythonFunction answer = PythonFunction.FromName(_name, "answer");

        await using DaskProcess late = await DaskProcess.StartWorkerAsync(_address, $"late-{_name}");
        IReadOnlyList<DaskAnswer<int>> answers = await Client.RunOnWorkersAsync<int>(answer, cancellationToken: Token);
        using DaskFuture<int> task = await Client.SubmitAsync<int>(answer, [], new TaskOptions { Workers = [$"late-{_name}"] }, Token);

        name.Should().Be(_name);
        answers.Should().HaveCount(4).And.OnlyContain(static a => a.ResultOrThrow() == 42);
        (await task.ResultAsync(Limit, Token)).Should().Be(42);
        await Client.RemoveUploadAsync(_name, Token);
    }

    [Fact]
    public async Task UploadAsync_FolderASecondTime_TasksRunTheNewCode()
    {
        PythonFunction answer = PythonFunction.FromName($"{_name}.inner", "answer");
        Write($"{_name}/__init__.py", string.Empty);
        Write($"{_name}/inner.py", "def answer(): return 1\n");
        string folder = Path.Combine(_folder.FullName, _name);
        await Client.UploadAsync(folder, Token);
        IReadOnlyList<DaskAnswer<int>> before = await Client.RunOnWorkersAsync<int>(answer, cancellationToken: Token);
        Write($"{_name}/inner.py", "def answer(): return 2\n");

        await Client.UploadAsync(folder, Token);

        IReadOnlyList<DaskAnswer<int>> after = await Client.RunOnWorkersAsync<int>(answer, cancellationToken: Token);
        using DaskFuture<int> task = await Client.SubmitAsync<int>(answer, [], null, Token);
        before.Should().OnlyContain(static a => a.ResultOrThrow() == 1);
        after.Should().OnlyContain(static a => a.ResultOrThrow() == 2);
        (await task.ResultAsync(Limit, Token)).Should().Be(2);
        await Client.RemoveUploadAsync(folder, Token);
    }

    [Theory]
    [InlineData("{0}-1.2.0-py3-none-any.whl")]
    [InlineData("{0}.zip")]
    public async Task UploadAsync_Archive_IsImportableWithItsDataUntilItIsRemoved(string format)
    {
        string path = Path.Combine(_folder.FullName, string.Format(System.Globalization.CultureInfo.InvariantCulture, format, _name));
        using (ZipArchive archive = await ZipFile.OpenAsync(path, ZipArchiveMode.Create, Token))
        {
            foreach ((string entry, string text) in new[]
            {
                ($"{_name}/__init__.py", "import os\ndef answer():\n    return open(os.path.join(os.path.dirname(__file__), 'data.txt')).read()\n"),
                ($"{_name}/data.txt", "42"),
            })
            {
                await using StreamWriter writer = new(await archive.CreateEntry(entry).OpenAsync(Token));
                await writer.WriteAsync(text);
            }
        }

        PythonFunction answer = PythonFunction.FromName(_name, "answer");
        string name = await Client.UploadAsync(path, Token);
        IReadOnlyList<DaskAnswer<string>> answers = await Client.RunOnWorkersAsync<string>(answer, cancellationToken: Token);

        bool removed = await Client.RemoveUploadAsync(name, Token);
        bool again = await Client.RemoveUploadAsync(name, Token);

        name.Should().Be(_name);
        answers.Should().OnlyContain(static a => a.ResultOrThrow() == "42");
        removed.Should().BeTrue();
        again.Should().BeFalse();
        (await Client.RunOnWorkersAsync<string>(answer, cancellationToken: Token)).Should().OnlyContain(
            static a => a.Error!.Message.Contains("ModuleNotFoundError", StringComparison.Ordinal));
    }

    [Fact]
    public async Task UploadAsync_SyntaxError_ThrowsWithTheLineAndKeepsWhatIsThere()
    {
        PythonFunction answer = PythonFunction.FromName(_name, "answer");
        string path = Write($"{_name}.py", "def answer(): return 1\n");
        await Client.UploadAsync(path, Token);
        Write($"{_name}.py", "x = 1\ndef answer( return 2\n");

        Func<Task> upload = () => Client.UploadAsync(path, Token);

        (await upload.Should().ThrowAsync<DaskCodeException>()).WithMessage($"*{_name}.py*line 2*").Which.Failures.Should().BeEmpty();
        (await Client.RunOnWorkersAsync<int>(answer, cancellationToken: Token)).Should().OnlyContain(static a => a.ResultOrThrow() == 1);
        await Client.RemoveUploadAsync(path, Token);
    }

    [Fact]
    public async Task UploadAsync_DamagedArchive_ThrowsWithEachWorkersErrorAndLeavesNothing()
    {
        string path = Write($"{_name}.whl", "PK but not a zip file");

        Func<Task> upload = () => Client.UploadAsync(path, Token);

        (await upload.Should().ThrowAsync<DaskCodeException>()).Which.Failures.Values.Should()
            .HaveCountGreaterThanOrEqualTo(3).And.OnlyContain(static t => t.Contains("BadZipFile", StringComparison.Ordinal));
        (await Client.RemoveUploadAsync(path, Token)).Should().BeFalse();
    }

    [Theory]
    [InlineData("no-such-file.py", "*There is no file or folder*")]
    [InlineData("my-helper.py", "*not an identifier*")]
    [InlineData("notes.txt", "*not Python code*")]
    public async Task UploadAsync_WhatPythonCannotImport_ThrowsBeforeAnythingIsSent(string name, string message)
    {
        string path = name.StartsWith("no-such", StringComparison.Ordinal) ? name : Write(name, "x = 1\n");

        Func<Task> upload = () => Client.UploadAsync(path, Token);

        (await upload.Should().ThrowAsync<ArgumentException>()).WithMessage(message);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder.FullName, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }
}
