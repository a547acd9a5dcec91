using DaskK8s.Tests.Rigs;

namespace DaskK8s.Tests.Helm.Values;

/// <summary>Any text is either values or a documented error, in bounded memory.</summary>
public sealed class HelmValuesFuzzTests
{
    private const long MaxAllocated = 64 << 20;

    private const string Values = """
        %YAML 1.1
        ---
        # the defaults
        worker: &worker
          name: worker
          replicas: 3
          image: { repository: ghcr/dask, tag: "2024.12.1", pullSecrets: [] }
          resources: { limits: { cpu: 2, memory: 7.5G, nvidia.com/gpu: !!int "1" } }
          env:
          - {name: EXTRA, value: 'a ''quoted'' one'}
          extraArgs: ["--resources", 'GPU=1']
        additional_worker_groups:
        - <<: *worker
          name: gpu
        - name: high-memory
          <<: [*worker, {replicas: 0x10}]
          note: |2-
              kept
             text
          folded: >+
            a
            b

        ? odd
        : ~
        times: [2001-12-14t21:59:43.10-05:00, 1_000, 0o7, 017, .5, 1e3, on, off, ~, "\u263A\x41\n"]
        """;

    private static readonly string[] Pieces =
    [
        "\t", "\n", "\r", "  ", "- ", ": ", "? ", "#", "'", "\"", "\\", "{", "}", "[", "]", ",", "&a ", "*a", "*worker", "<<: ", "<<: *worker", "!", "!!binary ", "!!str ", "!!float ", "|", ">-",
        "|9\n", "---\n", "...\n", "%YAML 1.1\n", "%TAG ! tag:x,2000:\n", "\u0000", "\u0085", "\u2028", "\ufeff", "\ud800", "~", "null", "-.inf", ".nan", "99999999999999999999", "1e999", "-0", "0b1", "name: gpu",
    ];

    [Fact]
    public void FromYaml_MutatedValues_AreReadOrRefused()
    {
        int read = 0;
        foreach (Random random in Fuzz.Rounds(20261201, 20_000))
        {
            string yaml = Fuzz.Mutate(Values, Pieces, random);
            long before = GC.GetAllocatedBytesForCurrentThread();
            HelmValues values;
            try
            {
                values = HelmValues.FromYaml(yaml);
            }
            catch (HelmValuesException)
            {
                continue;
            }

            read++;
            HelmValues.FromYaml(values.ToYaml()).ToYaml().Should().Be(values.ToYaml(), "what is written is read as the same values");
            _ = values.Validate();
            Change(values);
            (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(MaxAllocated);
        }

        read.Should().BePositive();
    }

    private static void Change(HelmValues values)
    {
        try
        {
            HelmValues changed = values.WithWorkerGroup(new WorkerGroupValues { Name = "gpu", Replicas = 2 });
            changed.Get<int>("additional_worker_groups[0].replicas").Should().BeGreaterThanOrEqualTo(0);
        }
        catch (Exception e) when (e is HelmValuesException or ArgumentException)
        {
            // The groups are not a list of maps, or the first one has a number of its own kind.
        }
    }
}
