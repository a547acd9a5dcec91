using DaskK8s.PortForwarding.Spdy;

namespace DaskK8s.Tests.PortForwarding.Spdy;

public sealed class SpdyLanesTests
{
    private readonly SpdyLanes _lanes = new();

    [Fact]
    public void Take_ManyConnections_GivesRisingOddIdsAndNoDataToTheErrorStreamsWorker()
    {
        List<int> ids = [];
        for (int i = 0; i < 1000; i++)
        {
            (int error, int data) = _lanes.Take();
            ids.AddRange([error, data]);
            (error % SpdyLanes.Workers).Should().Be(4);
            (data % SpdyLanes.Workers).Should().BeLessThan(4);
            if (i >= 7)
            {
                Answer(_lanes.Leave(data, wasWritten: true, now: 0));
            }
        }

        ids.Should().BeInAscendingOrder().And.OnlyHaveUniqueItems().And.OnlyContain(id => id % 2 == 1);
    }

    [Fact]
    public void Take_FourConnections_GivesEachAWorkerOfItsOwn()
    {
        int[] workers = [.. Enumerable.Range(0, 4).Select(_ => _lanes.Take().DataId % SpdyLanes.Workers)];

        workers.Should().OnlyHaveUniqueItems();
        _lanes.HasFree.Should().BeFalse();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    public void Leave_Written_FreesTheLaneWithTheAnswerOfItsWorkerOnly(int before)
    {
        Answer(Enumerable.Range(0, before).Select(_ => _lanes.NextPing()));
        int[] data = [.. Enumerable.Range(0, 4).Select(_ => _lanes.Take().DataId)];

        int[] pings = Ask(_lanes.Leave(data[2], wasWritten: true, now: 5));
        Answer(pings[..^1]);
        bool beforeItsAnswer = _lanes.HasFree;
        Answer(pings[^1..]);

        beforeItsAnswer.Should().BeFalse();
        (pings[^1] / 2 % SpdyLanes.Workers).Should().Be(data[2] % SpdyLanes.Workers);
        _lanes.HasFree.Should().BeTrue();
        (_lanes.Take().DataId % SpdyLanes.Workers).Should().Be(data[2] % SpdyLanes.Workers);
    }

    [Fact]
    public void Leave_NothingWritten_FreesTheLaneAtOnce()
    {
        int[] data = [.. Enumerable.Range(0, 4).Select(_ => _lanes.Take().DataId)];

        int pings = _lanes.Leave(data[0], wasWritten: false, now: 0);

        pings.Should().Be(0);
        _lanes.HasFree.Should().BeTrue();
    }

    [Fact]
    public void Take_OneLaneNeverAnswers_UsesTheOthers()
    {
        (_, int stuck) = _lanes.Take();
        int[] unanswered = Ask(_lanes.Leave(stuck, wasWritten: true, now: 3));
        Answer(unanswered[..^1]);
        for (int i = 0; i < 10; i++)
        {
            (_, int data) = _lanes.Take();
            (data % SpdyLanes.Workers).Should().NotBe(stuck % SpdyLanes.Workers);
            Answer(Ask(_lanes.Leave(data, wasWritten: true, now: 9)).Where(id => id / 2 % SpdyLanes.Workers != stuck % SpdyLanes.Workers));
        }

        _lanes.CheckingSince().Should().Be(3);
    }

    [Fact]
    public void IsStuck_ManyPingsUnanswered_IsTrueUntilTheyAre()
    {
        int[] pings = Ask(5 * 16);
        bool full = _lanes.IsStuck;

        Answer(pings);

        full.Should().BeTrue();
        _lanes.IsStuck.Should().BeFalse();
        _lanes.LongestBacklog.Should().Be(0);
    }

    [Fact]
    public void OnPong_NeverAsked_IsIgnored()
    {
        (_, int data) = _lanes.Take();
        _lanes.Leave(data, wasWritten: true, now: 0);

        int pings = _lanes.OnPong(1001, now: 0) + _lanes.OnPong(-1, now: 0);

        pings.Should().Be(0);
        _lanes.CheckingSince().Should().NotBeNull();
    }

    [Fact]
    public void Leave_SharedLaneWhileAsked_AsksOnceMore()
    {
        int[] data = [.. Enumerable.Range(0, 8).Select(_ => _lanes.Take().DataId)];
        int[] sharers = [.. data.Where(id => id % SpdyLanes.Workers == data[0] % SpdyLanes.Workers)];
        int[] first = Ask(_lanes.Leave(sharers[0], wasWritten: true, now: 0));
        int second = _lanes.Leave(sharers[1], wasWritten: true, now: 0);

        int again = _lanes.OnPong(first[^1], now: 0);

        second.Should().Be(0);
        again.Should().BePositive();
        _lanes.HasFree.Should().BeFalse();
        Answer(Ask(again));
        _lanes.HasFree.Should().BeTrue();
    }

    private int[] Ask(int count) => [.. Enumerable.Range(0, count).Select(_ => _lanes.NextPing())];

    private void Answer(int count) => Answer(Ask(count));

    private void Answer(IEnumerable<int> pings)
    {
        foreach (int ping in pings)
        {
            _lanes.OnPong(ping, now: 0);
        }
    }
}
