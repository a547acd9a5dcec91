using System.IO.Compression;
using System.Text;

namespace DaskK8s.Dask.Code;

/// <summary>Python modules in the form that workers load: the bytes of a zip file.</summary>
/// <param name="Name">The upload's name; a later upload with the same name replaces it.</param>
/// <param name="Content">The zip file.</param>
/// <param name="IsSource">Whether the files are the user's own; all of them must then be valid Python.</param>
internal sealed record CodePackage(string Name, byte[] Content, bool IsSource)
{
    // The content travels in one message to each worker and stays in the scheduler's memory.
    private const long MaxBytes = 512L << 20;

    private static readonly EnumerationOptions Visible = new()
    {
        RecurseSubdirectories = true,
        MaxRecursionDepth = 32,
        AttributesToSkip = FileAttributes.Hidden | FileAttributes.System,
    };

    /// <summary>Returns the upload name of a path, which does not have to exist.</summary>
    public static string NameOf(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(path));
        return Path.GetExtension(name) switch
        {
            ".whl" => name.Split('-')[0],
            ".py" or ".zip" => Path.GetFileNameWithoutExtension(name),
            _ => name,
        };
    }

    /// <summary>Packs a folder, a module, a zip file or a wheel.</summary>
    /// <exception cref="ArgumentException">The path is none of these, or Python cannot import it by its name.</exception>
    public static async Task<CodePackage> ReadAsync(string path, CancellationToken cancellationToken)
    {
        string name = NameOf(path);
        string full = Path.GetFullPath(path);
        bool folder = Directory.Exists(full);
        string kind = Path.GetExtension(full);
        if (!folder && !File.Exists(full))
        {
            throw new ArgumentException($"There is no file or folder '{full}'.", nameof(path));
        }

        if (!folder && kind is not (".py" or ".zip" or ".whl"))
        {
            throw new ArgumentException($"'{full}' is not Python code: a folder, a .py, a .zip or a .whl file is expected.", nameof(path));
        }

        if ((folder || kind == ".py") && !IsIdentifier(name))
        {
            throw new ArgumentException($"Python cannot import '{name}', as that is not an identifier: rename '{full}'.", nameof(path));
        }

        byte[] content = folder || kind == ".py"
            ? await PackAsync(full, folder, cancellationToken).ConfigureAwait(false)
            : new FileInfo(full).Length <= MaxBytes ? await File.ReadAllBytesAsync(full, cancellationToken).ConfigureAwait(false) : throw TooLarge(full);
        if (!content.AsSpan().StartsWith("PK"u8))
        {
            throw new ArgumentException($"'{full}' is not a zip file.", nameof(path));
        }

        return new CodePackage(name, content, kind != ".whl");
    }

    private static async Task<byte[]> PackAsync(string path, bool folder, CancellationToken cancellationToken)
    {
        string parent = Path.GetDirectoryName(path)!;
        string[] files = folder
            ? [.. Directory.EnumerateFiles(path, "*", Visible).Where(static f => !IsCache(f)).Order(StringComparer.Ordinal)]
            : [path];
        if (files.Length == 0)
        {
            throw new ArgumentException($"The folder '{path}' is empty.", nameof(path));
        }

        using MemoryStream content = new();
        using (ZipArchive archive = new(content, ZipArchiveMode.Create, leaveOpen: true, Encoding.UTF8))
        {
            foreach (string file in files)
            {
                if (content.Length > MaxBytes)
                {
                    throw TooLarge(path);
                }

                ZipArchiveEntry entry = archive.CreateEntry(Path.GetRelativePath(parent, file).Replace('\\', '/'), CompressionLevel.Fastest);
                Stream target = await entry.OpenAsync(cancellationToken).ConfigureAwait(false);
                await using (target.ConfigureAwait(false))
                {
                    FileStream source = File.OpenRead(file);
                    await using (source.ConfigureAwait(false))
                    {
                        await source.CopyToAsync(target, cancellationToken).ConfigureAwait(false);
                    }
                }
            }
        }

        return content.ToArray();
    }

    private static bool IsCache(string file) =>
        file.EndsWith(".pyc", StringComparison.Ordinal) || file.Contains($"{Path.DirectorySeparatorChar}__pycache__{Path.DirectorySeparatorChar}", StringComparison.Ordinal);

    private static bool IsIdentifier(string name) => name.Length > 0 && !char.IsDigit(name[0]) && name.All(static c => char.IsLetterOrDigit(c) || c == '_');

    private static ArgumentException TooLarge(string path) =>
        new($"'{path}' is larger than {MaxBytes >> 20} MiB, the maximum for code. Put it into the workers' image or on storage that they can reach.", nameof(path));
}
