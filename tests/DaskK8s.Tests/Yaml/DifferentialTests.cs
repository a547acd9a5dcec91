using DaskK8s.Tests.Rigs.Differential;

namespace DaskK8s.Tests.Yaml;

/// <summary>Generated files, read by the library and by kubectl. <c>DaskK8s.Benchmarks -- differential</c> does the same for any length of time.</summary>
public sealed class DifferentialTests(ITestOutputHelper output)
{
    /// <summary>Gets a value indicating whether there is nothing to compare with.</summary>
    public static bool IsOracleMissing => KubectlOracle.Find() is null;

    private static int Seed => Environment.GetEnvironmentVariable("DASKK8S_SEED") is { Length: > 0 } seed
        ? int.Parse(seed, System.Globalization.CultureInfo.InvariantCulture)
        : 20261128;

    [Fact(Skip = KubectlOracle.Missing, SkipWhen = nameof(IsOracleMissing))]
    public async Task CompareValues_Generated_AreReadAndWrittenAsByKubectl()
    {
        DifferentialRun run = new(KubectlOracle.Find()!, Seed);

        await run.CompareValuesAsync(1500);

        Show(run);
        run.Crashes.Should().BeEmpty();
        run.Disagreements.Should().BeEmpty();
        run.Agreed.Should().BeGreaterThan(1000);
    }

    [Fact(Skip = KubectlOracle.Missing, SkipWhen = nameof(IsOracleMissing))]
    public async Task CompareKubeconfigs_Generated_AreReadAsByKubectl()
    {
        DifferentialRun run = new(KubectlOracle.Find()!, Seed);

        await run.CompareKubeconfigsAsync(1000);

        Show(run);
        run.Crashes.Should().BeEmpty();
        run.Disagreements.Should().BeEmpty();
        run.Agreed.Should().BeGreaterThan(100);
    }

    private void Show(DifferentialRun run)
    {
        output.WriteLine($"DASKK8S_SEED={Seed}: {run.Tried} files, both take {run.Agreed}, both refuse {run.Refused}");
        foreach ((string reason, int count) in run.Excused)
        {
            output.WriteLine($"{count}: {reason}");
        }
    }
}
