using DaskK8s.Dask.Protocol;
using DaskK8s.Dask.Tasks;
using DaskK8s.Tests.Rigs;
using DaskK8s.Tests.Rigs.Dask;

namespace DaskK8s.Tests.Dask.Tasks;

/// <summary>Feeds a session and the reader of results what no scheduler of ours sends.</summary>
public sealed class SessionFuzzTests
{
    private static byte[] Events => FakeMessages.Pack(FakeMessages.Map(("events", new object?[]
    {
        new object?[] { "taken", new object?[] { 3 } },
        new object?[] { "done", new object?[] { "add-1", "add-2" } },
        new object?[] { "stuck", new object?[] { "add-3" } },
        new object?[] { "unstuck", new object?[] { "add-3" } },
        new object?[] { "failed", new object?[] { new object?[] { "add-4", "ValueError('x')", "  File" } } },
        new object?[] { "gone", new object?[] { new object?[] { "add-5", "cancelled" } } },
        new object?[] { "printed", new object?[] { new object?[] { "add-6", "stdout", "text\n" } } },
        new object?[] { "pong", Array.Empty<object?>() },
        new object?[] { "from the future", new object?[] { 1, 2 } },
    })));

    [Fact]
    public void Apply_EventsOfEveryKind_ChangeTheTasksTheyAreAbout()
    {
        TaskTable tasks = new();
        TaskEntry[] entries = [.. Enumerable.Range(1, 6).Select(i => tasks.Acquire(new TaskCall($"add-{i}", [], []), new TaskOptions(), null).Entry)];
        SessionEvents events = new(tasks);
        List<ScriptOutput> printed = [];
        events.Listen("add-6", printed.Add);

        Msgpack.Decode(new DaskMessage([Events]), events.Apply);

        entries.Select(e => e.Status).Should().Equal(
            DaskFutureStatus.Finished, DaskFutureStatus.Finished, DaskFutureStatus.Pending,
            DaskFutureStatus.Failed, DaskFutureStatus.Lost, DaskFutureStatus.Pending);
        events.Taken.Should().Be(3);
        printed.Should().Equal(new ScriptOutput("stdout", "text\n"));
    }

    [Fact]
    public void Set_LateNewsThatATaskCanRun_DoesNotUndoItsEnd()
    {
        TaskTable tasks = new();
        TaskEntry entry = tasks.Acquire(new TaskCall("add-1", [], []), new TaskOptions(), null).Entry;
        entry.Set(DaskFutureStatus.NoWorker);
        entry.Set(DaskFutureStatus.Finished);

        entry.Set(DaskFutureStatus.Pending, expected: DaskFutureStatus.NoWorker);

        entry.Status.Should().Be(DaskFutureStatus.Finished);
    }

    [Fact]
    public void Apply_MutatedEvents_OnlyDocumentedErrors()
    {
        byte[] seed = Events;
        foreach (Random random in Fuzz.Rounds(20240404, 50_000))
        {
            byte[] bytes = Fuzz.Mutate(seed, random);
            TryDecode(() => Msgpack.Decode(new DaskMessage([bytes]), new SessionEvents(new TaskTable()).Apply));
        }
    }

    [Fact]
    public void Read_RandomResults_OnlyDocumentedErrors()
    {
        foreach (Random random in Fuzz.Rounds(20240405, 30_000))
        {
            byte[] bytes = Fuzz.Bytes(random, random.Next(40));
            TryDecode(() => ResultReader.Read<object>("k", bytes));
            TryDecode(() => ResultReader.Read<int>("k", bytes));
            TryDecode(() => ResultReader.Read<string>("k", bytes));
            TryDecode(() => ResultReader.Read<double[]>("k", bytes));
            TryDecode(() => ResultReader.Read<Dictionary<string, object>>("k", bytes));
        }
    }

    [Fact]
    public void Read_DeepResult_ThrowsDocumentedError()
    {
        byte[] bytes = new byte[100_000];
        Array.Fill(bytes, (byte)0x91);

        Action untyped = () => ResultReader.Read<object>("k", bytes);
        Action typed = () => ResultReader.Read<int[]>("k", bytes);

        untyped.Should().Throw<DaskK8sException>();
        typed.Should().Throw<DaskK8sException>();
    }

    private static void TryDecode(Action decode)
    {
        try
        {
            decode();
        }
        catch (Exception e) when (e is DaskProtocolException or DaskResultException)
        {
            // These are the documented ones.
        }
    }
}
