using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace DaskK8s.Tests.Rigs.Differential;

/// <summary>Asks a current <c>kubectl</c> what a file says, many files at a time. It talks to no server.</summary>
internal sealed partial class KubectlOracle(string program)
{
    /// <summary>Says what to do where there is no oracle.</summary>
    public const string Missing = "no current kubectl in the cache: tests/oracle.sh gets one from Debian's packages, and DASKK8S_KUBECTL_ORACLE names another";

    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"daskk8s-oracle-{Guid.NewGuid():N}");

    /// <summary>Finds the program that <c>tests/oracle.sh</c> unpacked.</summary>
    /// <returns>Null where there is none.</returns>
    public static KubectlOracle? Find()
    {
        string cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } home
            ? home
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        string? program = Environment.GetEnvironmentVariable("DASKK8S_KUBECTL_ORACLE") is { Length: > 0 } named ? named : Path.Combine(cache, "daskk8s", "oracle", "usr", "bin", "kubectl");
        return File.Exists(program) ? new KubectlOracle(program) : null;
    }

    /// <summary>Gets the program's path.</summary>
    public string Program => program;

    /// <summary>Reads manifests of any kind.</summary>
    /// <param name="texts">The manifests; each holds the line of <see cref="Head"/> with its number.</param>
    /// <returns>For each its value, or the reason why kubectl refuses it.</returns>
    public async Task<IReadOnlyList<OracleAnswer>> ReadManifestsAsync(IReadOnlyList<string> texts)
    {
        Directory.CreateDirectory(_folder);
        try
        {
            for (int i = 0; i < texts.Count; i++)
            {
                await File.WriteAllTextAsync(Path.Combine(_folder, $"{i}.yaml"), texts[i]).ConfigureAwait(false);
            }

            (string output, string errors) = await RunAsync(null, "patch", "--kubeconfig=/dev/null", "--local", "--type=merge", "--patch={}", "--output=json", $"--filename={_folder}").ConfigureAwait(false);
            Dictionary<int, JsonElement> values = ReadAll(output)
                .Where(value => value.TryGetProperty("metadata", out JsonElement metadata) && metadata.ValueKind == JsonValueKind.Object && metadata.TryGetProperty("name", out JsonElement name) && Number().IsMatch(name.ToString()))
                .GroupBy(value => int.Parse(value.GetProperty("metadata").GetProperty("name").ToString().AsSpan(1), System.Globalization.CultureInfo.InvariantCulture))
                .ToDictionary(group => group.Key, group => group.First());
            string[] lines = errors.Split('\n');
            return [.. texts.Select((_, i) => values.TryGetValue(i, out JsonElement value)
                ? new OracleAnswer(value, null)
                : new OracleAnswer(null, lines.FirstOrDefault(line => line.Contains($"/{i}.yaml", StringComparison.Ordinal)) ?? "no answer"))];
        }
        finally
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    /// <summary>Returns the lines that a manifest begins with.</summary>
    public static string Head(int number) => $"apiVersion: x/v1\nkind: V\nmetadata: {{name: n{number}}}\n";

    /// <summary>Reads kubeconfigs whose entries have names that no other one has: kubectl merges them.</summary>
    /// <returns>What all those say that kubectl takes, and for each of the others the reason why it is refused.</returns>
    public async Task<(JsonElement Merged, IReadOnlyDictionary<int, string> Refused)> ReadKubeconfigsAsync(IReadOnlyList<string> texts)
    {
        Directory.CreateDirectory(_folder);
        try
        {
            for (int i = 0; i < texts.Count; i++)
            {
                await File.WriteAllTextAsync(Path.Combine(_folder, $"{i}"), texts[i]).ConfigureAwait(false);
            }

            Dictionary<int, string> refused = [];
            while (true)
            {
                string list = string.Join(':', Enumerable.Range(0, texts.Count).Where(i => !refused.ContainsKey(i)).Select(i => Path.Combine(_folder, $"{i}")));
                (string output, string errors) = await RunAsync(list, "config", "view", "--raw", "--output=json").ConfigureAwait(false);
                int before = refused.Count;
                foreach (Match match in Refusal().Matches(errors))
                {
                    refused[int.Parse(Path.GetFileName(match.Groups[1].Value), System.Globalization.CultureInfo.InvariantCulture)] = match.Groups[2].Value;
                }

                if (refused.Count == before)
                {
                    return (ReadAll(output).FirstOrDefault() is { ValueKind: JsonValueKind.Object } merged ? merged : throw new InvalidOperationException($"kubectl neither takes nor refuses the kubeconfigs: {errors}"), refused);
                }
            }
        }
        finally
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    private async Task<(string Output, string Errors)> RunAsync(string? kubeconfig, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["HOME"] = _folder;
        start.Environment["KUBECONFIG"] = kubeconfig ?? "/dev/null";
        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"'{program}' did not start.");
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync().ConfigureAwait(false);
        await process.WaitForExitAsync().ConfigureAwait(false);
        return (output, await errors.ConfigureAwait(false));
    }

    private static List<JsonElement> ReadAll(string output)
    {
        List<JsonElement> all = [];
        Utf8JsonReader reader = new(Encoding.UTF8.GetBytes(output), new JsonReaderOptions { AllowMultipleValues = true, MaxDepth = 1000 });
        while (reader.Read())
        {
            all.Add(JsonElement.ParseValue(ref reader));
        }

        return all;
    }

    [GeneratedRegex(@"^n[0-9]+\z")]
    private static partial Regex Number();

    [GeneratedRegex(@"error loading config file ""([^""]*)"": ([^\n]*)")]
    private static partial Regex Refusal();
}

/// <summary>What kubectl makes of a file.</summary>
/// <param name="Value">The value; null where kubectl refuses the file.</param>
/// <param name="Refusal">Why it does.</param>
internal sealed record OracleAnswer(JsonElement? Value, string? Refusal);
