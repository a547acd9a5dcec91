using DaskK8s.Tests.Rigs.Dask;

namespace DaskK8s.Tests.Dask.Published;

/// <summary>Work that outlives the program that submitted it, shared with Python's clients.</summary>
[Collection(DaskProcessesGroup.Name)]
public sealed class PublishedTests(DaskProcesses dask) : DaskClientTestBase(dask)
{
    private static readonly PythonFunction Add = PythonFunction.FromName("operator", "add");

    private readonly DaskProcesses _dask = dask;
    private readonly string _name = $"job-{Guid.NewGuid():N}";

    [Fact]
    public async Task FindAsync_PublisherIsGone_GivesTheResultsInTheirOrder()
    {
        await using (DaskClient publisher = await ConnectAsync())
        {
            DaskFutureList<int> futures = await publisher.StarMapAsync<int>(Add, Enumerable.Range(0, 50).Select(static i => (IReadOnlyList<object?>)[i, 100]), null, Token);
            await publisher.PublishAsync(_name, futures, cancellationToken: Token);
        }

        using DaskFutureList<int> found = await Client.FindAsync<int>(_name, Token);
        IReadOnlyList<int> results = await Client.GatherAsync(found, null, Token).WaitAsync(Limit, Token);

        results.Should().Equal(Enumerable.Range(100, 50));
        (await Client.ListPublishedAsync(Token)).Should().Contain(_name);
        (await Client.UnpublishAsync(_name, Token)).Should().BeTrue();
    }

    [Fact]
    public async Task FindAsync_FailedTask_ThrowsPythonsError()
    {
        await using (DaskClient publisher = await ConnectAsync())
        {
            DaskFuture<double> failing = await publisher.SubmitAsync<double>(PythonFunction.FromName("operator", "truediv"), [1, 0], null, Token);
            await publisher.PublishAsync(_name, failing, cancellationToken: Token);
        }

        using DaskFutureList<double> found = await Client.FindAsync<double>(_name, Token);
        Func<Task> result = () => found[0].ResultAsync(Limit, Token);

        (await result.Should().ThrowAsync<DaskTaskException>()).Which.PythonType.Should().Be("ZeroDivisionError");
        await Client.UnpublishAsync(_name, Token);
    }

    [Fact]
    public async Task UnpublishAsync_NobodyElseHoldsTheResults_AreForgotten()
    {
        string key;
        await using (DaskClient publisher = await ConnectAsync())
        {
            DaskFuture<int> future = await publisher.SubmitAsync<int>(Add, [1, 2], null, Token);
            key = future.Key;
            await future.WaitAsync(Token);
            await publisher.PublishAsync(_name, [future], cancellationToken: Token);
        }

        (await Client.WhoHasAsync([key], Token))[key].Should().NotBeEmpty();

        (await Client.UnpublishAsync(_name, Token)).Should().BeTrue();

        while ((await Client.WhoHasAsync(null, Token)).ContainsKey(key))
        {
            await Task.Delay(20, Token);
        }

        (await Client.UnpublishAsync(_name, Token)).Should().BeFalse();
        Func<Task> find = () => Client.FindAsync<int>(_name, Token);
        (await find.Should().ThrowAsync<DaskDatasetException>()).WithMessage($"*Nothing is published as '{_name}'*").Which.Name.Should().Be(_name);
    }

    [Fact]
    public async Task PublishAsync_NameIsTaken_ThrowsAndKeepsWhatIsThere()
    {
        using DaskFuture<int> first = await Client.SubmitAsync<int>(Add, [1, 2], null, Token);
        using DaskFuture<int> second = await Client.SubmitAsync<int>(Add, [3, 4], null, Token);
        await Client.PublishAsync(_name, first, cancellationToken: Token);

        Func<Task> again = () => Client.PublishAsync(_name, second, cancellationToken: Token);

        (await again.Should().ThrowAsync<DaskDatasetException>()).WithMessage($"*'{_name}' is taken*");
        using DaskFutureList<int> kept = await Client.FindAsync<int>(_name, Token);
        (await kept[0].ResultAsync(Limit, Token)).Should().Be(3);
        await Client.PublishAsync(_name, second, overwrite: true, Token);
        using DaskFutureList<int> replaced = await Client.FindAsync<int>(_name, Token);
        (await replaced[0].ResultAsync(Limit, Token)).Should().Be(7);
        await Client.UnpublishAsync(_name, Token);
    }

    [Fact]
    public async Task PublishAsync_TaskThatIsGone_ThrowsAndPublishesNothing()
    {
        DaskFuture<int> future = await Client.SubmitAsync<int>(Add, [1, 2], null, Token);
        await future.CancelAsync(Token);

        Func<Task> publish = () => Client.PublishAsync(_name, future, cancellationToken: Token);

        (await publish.Should().ThrowAsync<DaskTaskLostException>()).Which.Key.Should().Be(future.Key);
        (await Client.ListPublishedAsync(Token)).Should().NotContain(_name);
    }

    [Fact]
    public async Task PublishAsync_ForPython_GetDatasetGivesFutures()
    {
        using DaskFutureList<int> futures = await Client.StarMapAsync<int>(Add, [[1, 2], [3, 4]], null, Token);
        await Client.PublishAsync(_name, futures, cancellationToken: Token);
        await Client.PublishAsync(_name + "-one", futures[1], cancellationToken: Token);

        string seen = await Client.RunScriptAsync<string>(
            """
            many, one = client.get_dataset(name), client.get_dataset(name + "-one")
            repr((client.gather(many), one.result(), name in client.list_datasets()))
            """,
            new Dictionary<string, object?> { ["name"] = _name },
            cancellationToken: Token);

        seen.Should().Be("([3, 7], 7, True)");
        await Client.UnpublishAsync(_name, Token);
        await Client.UnpublishAsync(_name + "-one", Token);
    }

    [Theory]
    [InlineData("[futures[0], futures[1]]", new[] { 11, 12 })]
    [InlineData("futures[0]", new[] { 11 })]
    [InlineData("{'a': futures[0], 'b': futures[1]}", new[] { 11, 12 })]
    public async Task FindAsync_PublishedByPython_GivesItsFutures(string data, int[] expected)
    {
        await Client.RunScriptAsync<object>(
            $"""
            futures = client.map(lambda i: i + 10, [1, 2])
            client.publish_dataset({data}, name=name)
            None
            """,
            new Dictionary<string, object?> { ["name"] = _name },
            cancellationToken: Token);

        using DaskFutureList<int> found = await Client.FindAsync<int>(_name, Token);

        (await Client.GatherAsync(found, null, Token).WaitAsync(Limit, Token)).Should().BeEquivalentTo(expected);
        await Client.UnpublishAsync(_name, Token);
    }

    [Fact]
    public async Task FindAsync_PublishedWithoutFutures_ThrowsSayingSo()
    {
        await Client.RunScriptAsync<object>(
            "client.publish_dataset([1, 2], name=name)\nNone", new Dictionary<string, object?> { ["name"] = _name }, cancellationToken: Token);

        Func<Task> find = () => Client.FindAsync<int>(_name, Token);

        (await find.Should().ThrowAsync<DaskDatasetException>()).WithMessage("*not made of futures*");
        await Client.UnpublishAsync(_name, Token);
    }

    [Fact]
    public async Task GetFutureAsync_KeyOfAnotherClient_KeepsTheResultWhenThatClientGoes()
    {
        DaskClient other = await ConnectAsync();
        DaskFuture<int> theirs = await other.SubmitAsync<int>(Add, [40, 2], null, Token);
        await theirs.WaitAsync(Token);
        using DaskFuture<int> ours = await Client.GetFutureAsync<int>(theirs.Key, Token);

        await other.DisposeAsync();

        (await ours.ResultAsync(Limit, Token)).Should().Be(42);
    }

    [Fact]
    public async Task GetFutureAsync_UnknownKey_ThrowsAndLeavesNothing()
    {
        Func<Task> get = () => Client.GetFutureAsync<int>(_name, Token);

        (await get.Should().ThrowAsync<DaskTaskLostException>()).Which.Key.Should().Be(_name);

        using DaskFuture<int> future = await Client.SubmitAsync<int>(Add, [1, 2], new TaskOptions { Key = _name }, Token);
        (await future.ResultAsync(Limit, Token)).Should().Be(3);
    }

    [Fact]
    public async Task FindAsync_ConnectionIsCut_ComesBackWithTheResults()
    {
        CuttableEndpoint tunnel = new(_dask.Address);
        await using DaskClient client = await DaskClient.ConnectAsync(tunnel.Endpoint, new DaskClientOptions(), null, Token);
        using DaskFuture<int> future = await Client.SubmitAsync<int>(Add, [1, 2], null, Token);
        await Client.PublishAsync(_name, future, cancellationToken: Token);
        for (int round = 0; round < 10; round++)
        {
            tunnel.Cut();

            using DaskFutureList<int> found = await client.FindAsync<int>(_name, Token).WaitAsync(Limit, Token);

            (await found[0].ResultAsync(Limit, Token)).Should().Be(3);
        }

        await Client.UnpublishAsync(_name, Token);
    }

    private Task<DaskClient> ConnectAsync() => DaskClient.ConnectAsync(_dask.Address, null, Token);
}
