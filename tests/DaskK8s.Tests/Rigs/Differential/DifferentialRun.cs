using System.Text.Json;
using System.Text.RegularExpressions;

using DaskK8s.Helm.Values;
using DaskK8s.Kubernetes.Config;
using DaskK8s.Yaml;

namespace DaskK8s.Tests.Rigs.Differential;

/// <summary>Compares readings of generated files with kubectl's, batch by batch, and collects what differs.</summary>
internal sealed partial class DifferentialRun(KubectlOracle oracle, int seed)
{
    private readonly Random _random = new(seed);
    private readonly List<string> _disagreements = [];
    private readonly List<string> _crashes = [];

    /// <summary>Gets how many files were compared.</summary>
    public int Tried { get; private set; }

    /// <summary>Gets how many files both take.</summary>
    public int Agreed { get; private set; }

    /// <summary>Gets how many files both refuse.</summary>
    public int Refused { get; private set; }

    /// <summary>Gets how often a difference was one of <see cref="KnownDifferences"/>, by reason.</summary>
    public SortedDictionary<string, int> Excused { get; } = new(StringComparer.Ordinal);

    /// <summary>Gets the files that are read otherwise than by kubectl.</summary>
    public IReadOnlyList<string> Disagreements => _disagreements;

    /// <summary>Gets the files on which the library fails with an error of an unknown type.</summary>
    public IReadOnlyList<string> Crashes => _crashes;

    /// <summary>Compares values files, and what the library writes of those that both take.</summary>
    public async Task CompareValuesAsync(int count)
    {
        YamlOddities oddities = new(_random);

        // kubectl cuts a file at its markers before it parses.
        string[] texts = [.. Enumerable.Range(0, count).Select(i => Separator().Replace(KubectlOracle.Head(i) + oddities.Next(), "--"))];
        IReadOnlyList<OracleAnswer> answers = await oracle.ReadManifestsAsync(texts).ConfigureAwait(false);
        List<(string Text, ValueNode.Map Value)> read = [];
        for (int i = 0; i < count; i++)
        {
            if (await CompareAsync(texts[i], answers[i]).ConfigureAwait(false) is { } value)
            {
                read.Add((texts[i], value));
            }
        }

        await CompareWrittenAsync(read).ConfigureAwait(false);
    }

    /// <summary>Compares kubeconfigs.</summary>
    public async Task CompareKubeconfigsAsync(int count)
    {
        KubeconfigOddities oddities = new(_random);
        string[] texts = [.. Enumerable.Range(0, count).Select(oddities.Next)];
        (JsonElement merged, IReadOnlyDictionary<int, string> refused) = await oracle.ReadKubeconfigsAsync(texts).ConfigureAwait(false);
        for (int i = 0; i < count; i++)
        {
            Tried++;
            (KubeConfigFile? ours, string? error) = Try(texts[i], () => KubeConfigFile.Parse("/k", texts[i]));
            Judge(
                texts[i],
                error,
                refused.GetValueOrDefault(i),
                () => KubeconfigComparison.Differ(ours!, merged, $"k{i:D6}-"));
        }
    }

    // Gives the value where both take the file.
    private async Task<ValueNode.Map?> CompareAsync(string text, OracleAnswer answer)
    {
        Tried++;
        // kubectl reads a manifest line by line before it parses: "\r\n" becomes "\n", and then a last line without an end gets one, also behind a lone "\r". Helm does not do that, nor
        // kubectl with kubeconfigs, which are compared as they are.
        string lines = text.Replace("\r\n", "\n", StringComparison.Ordinal);
        string whole = lines.EndsWith('\n') ? lines : lines + "\n";
        (ValueNode? ours, string? error) = Try(text, () => YamlReader.ReadFirst(whole));
        string? difference = answer.Value is { } theirs && ours is not null ? ValueComparison.Differ(ours, Renamed(theirs, text)) : null;
        if ((difference is not null || error is null != answer.Refusal is null) && await IsUndecidedAsync(text, answer).ConfigureAwait(false))
        {
            Excuse("kubectl's own answer changes from call to call: two keys of different types make one text");
            return null;
        }

        Judge(text, error, answer.Refusal, () => difference);
        return error is null && answer.Refusal is null && difference is null ? ours as ValueNode.Map : null;
    }

    private async Task CompareWrittenAsync(IReadOnlyList<(string Text, ValueNode.Map Value)> read)
    {
        string[] written = [.. read.Select((one, i) => new HelmValues(ValueNode.Map.Empty, Numbered(one.Value, i))
            .WithWorkerGroup(new WorkerGroupValues { Name = $"g{i}", Replicas = i, Env = { ["TEXT"] = one.Text } }).ToYaml())];
        IReadOnlyList<OracleAnswer> answers = await oracle.ReadManifestsAsync(written).ConfigureAwait(false);
        for (int i = 0; i < written.Length; i++)
        {
            Tried++;
            ValueNode.Map meant = new HelmValues(ValueNode.Map.Empty, Numbered(read[i].Value, i))
                .WithWorkerGroup(new WorkerGroupValues { Name = $"g{i}", Replicas = i, Env = { ["TEXT"] = read[i].Text } }).Config;
            Judge(written[i], null, answers[i].Refusal, () => ValueComparison.Differ(meant, answers[i].Value!.Value));
        }
    }

    private static ValueNode.Map Numbered(ValueNode.Map value, int number) =>
        value.With("metadata", ValueNode.Map.Empty.With("name", new ValueNode.Text($"n{number}"))).With("worker", ValueNode.Map.Empty);

    private async Task<bool> IsUndecidedAsync(string text, OracleAnswer first)
    {
        IReadOnlyList<OracleAnswer> again = await oracle.ReadManifestsAsync([.. Enumerable.Range(0, 24).Select(i => KubectlOracle.Head(i) + text[(text.IndexOf("}\n", StringComparison.Ordinal) + 2)..])]).ConfigureAwait(false);
        return again.Select(answer => answer.Value is { } value ? Renamed(value, KubectlOracle.Head(0)).GetRawText() : "refused").Distinct().Count() > 1
            || (first.Value is null) != (again[0].Value is null);
    }

    [GeneratedRegex(@"(?<=[\r\n])-{3,}")]
    private static partial Regex Separator();

    // All texts are numbered, and the number is not a difference.
    private static JsonElement Renamed(JsonElement theirs, string text)
    {
        string raw = theirs.GetRawText();
        string number = theirs.GetProperty("metadata").GetProperty("name").GetString()!;
        int start = text.IndexOf("{name: ", StringComparison.Ordinal) + 7;
        return JsonDocument.Parse(raw.Replace($"\"{number}\"", $"\"{text[start..text.IndexOf('}', start)]}\"", StringComparison.Ordinal), new JsonDocumentOptions { MaxDepth = 1000 }).RootElement;
    }

    private (T? Value, string? Error) Try<T>(string text, Func<T?> read)
        where T : class
    {
        try
        {
            return (read(), null);
        }
        catch (Exception e) when (e is YamlSyntaxException or DaskK8sException)
        {
            return (null, e.Message);
        }
#pragma warning disable CA1031 // That is what is looked for.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _crashes.Add($"{e}\n{JsonSerializer.Serialize(text)}");
            return (null, e.Message);
        }
    }

    private void Judge(string text, string? error, string? refusal, Func<string?> differ)
    {
        string? why = (error, refusal) switch
        {
            (null, null) => differ(),
            (null, { } theirs) => KnownDifferences.WhyTaken(theirs) is { } reason ? Excuse(reason) : $"kubectl refuses it: {theirs}",
            ({ } ours, null) => KnownDifferences.WhyRefused(text) is { } reason ? Excuse(reason) : $"the library refuses it: {ours}",
            _ => null,
        };
        if (why is not null)
        {
            _disagreements.Add($"{why}\n{JsonSerializer.Serialize(text)}");
        }
        else if (error is not null)
        {
            Refused++;
        }
        else
        {
            Agreed++;
        }
    }

    private string? Excuse(string reason)
    {
        Excused[reason] = Excused.GetValueOrDefault(reason) + 1;
        return null;
    }
}
