using DaskK8s.Dask.Tasks;

namespace DaskK8s.Tests.Dask.Tasks;

/// <summary>What is kept to be submitted again, for how long, and in which order it goes.</summary>
public sealed class ResubmissionTests
{
    private static readonly PythonFunction Add = PythonFunction.FromName("operator", "add");
    private static readonly TaskOptions Same = new();

    private readonly Dictionary<string, TaskEntry> _entries = [];

    [Fact]
    public void Choose_Tasks_GivesWhatIsWantedAfterWhatItNeeds()
    {
        Resubmission resubmission = new(true, 5, 1 << 20);
        Keep(resubmission, ("a", []), ("b", ["a"]), ("c", ["b"]), ("lone", []), ("lost", ["gone"]), ("after", ["lost", "c"]));
        TaskEntry[] wanted = [_entries["after"], _entries["lost"], _entries["c"]];

        IReadOnlyList<TaskEntry> chosen = resubmission.Choose(wanted, static _ => true, new HashSet<TaskEntry>());

        chosen.Select(static e => e.Key).Should().Equal("a", "b", "c");
        _entries["after"].Hindrance.Should().Be(new Hindrance("gone", "it is not submitted again"));
    }

    [Fact]
    public void Choose_QueuedTask_GivesWhatItNeedsButNotTheTask()
    {
        Resubmission resubmission = new(true, 5, 1 << 20);
        Keep(resubmission, ("a", []), ("b", ["a"]), ("queued", ["b"]), ("queued too", ["queued"]));

        resubmission.Choose([_entries["queued too"]], static e => !e.Key.StartsWith("queued", StringComparison.Ordinal), new HashSet<TaskEntry>())
            .Select(static e => e.Key).Should().Equal("a", "b");
    }

    [Fact]
    public void Choose_LongChain_GoesThroughAllOfIt()
    {
        Resubmission resubmission = new(true, 5, 1L << 30);
        Keep(resubmission, [.. Enumerable.Range(0, 50_000).Select(static i => ($"{i}", i == 0 ? Array.Empty<string>() : [$"{i - 1}"]))]);
        for (int i = 0; i < 49_999; i++)
        {
            _entries[$"{i}"].References--;
            resubmission.Release(_entries[$"{i}"]);
        }

        resubmission.Choose([_entries["49999"]], static _ => true, new HashSet<TaskEntry>()).Should().HaveCount(50_000);
        _entries["49999"].References--;
        resubmission.Release(_entries["49999"]);

        resubmission.Bytes.Should().Be(0);
        _entries.Values.Should().OnlyContain(static e => e.Kept == null);
    }

    [Fact]
    public void Batch_Tasks_NoneNeedsAnotherOfItsBatch()
    {
        Resubmission resubmission = new(true, 5, 1 << 20);
        Keep(resubmission, ("a", []), ("b", []), ("c", ["b"]), ("d", ["a"]), ("e", ["d"]));

        Resubmission.Batch(_entries.Values).Select(static b => string.Join('+', b.Tasks.Select(static t => t.Entry.Key))).Should().Equal("a+b", "c+d", "e");
    }

    [Fact]
    public void Keep_MoreThanTheLimit_GatheredTasksMakeRoom()
    {
        Resubmission resubmission = new(true, 5, 1500);
        Keep(resubmission, ("needed", []), ("needs", ["needed"]), ("gathered", []));
        resubmission.Spend(_entries["needed"]);
        Keep(resubmission, ("too much", []));
        resubmission.Spend(_entries["gathered"]);
        Keep(resubmission, ("fits", []));

        _entries["too much"].Kept.Should().BeNull();
        _entries["too much"].Hindrance!.Reason.Should().Contain("MaxResubmitBytes (1500 bytes)");
        _entries["gathered"].Kept.Should().BeNull();
        _entries["needed"].Kept.Should().NotBeNull();
        _entries["fits"].Kept.Should().NotBeNull();
    }

    [Fact]
    public void Keep_TaskSaysOtherwise_CountsForTheTask()
    {
        Resubmission resubmission = new(false, 5, 1500);
        Keep(resubmission, ("default", []));
        resubmission.Keep(New("asked", [], new TaskOptions { ResubmitLostWork = true }), _entries.GetValueOrDefault);

        _entries["default"].Kept.Should().BeNull();
        _entries["asked"].Kept.Should().NotBeNull();
    }

    private void Keep(Resubmission resubmission, params (string Key, string[] Needs)[] tasks)
    {
        foreach ((string key, string[] needs) in tasks)
        {
            resubmission.Keep(New(key, needs, Same), _entries.GetValueOrDefault);
        }
    }

    private TaskBatch New(string key, string[] needs, TaskOptions options)
    {
        TaskEntry entry = new(key, options) { Needs = needs, References = 1 };
        _entries.Add(key, entry);
        return new TaskBatch(Add, options, null, [new TaskSpecification(entry, new byte[10], needs)]);
    }
}
