namespace DaskK8s.IntegrationTests.Rigs;

/// <summary>The Kubernetes under the contract tests where its workers have pyarrow: the real one, or an embedded one of its own with the Python of DASKK8S_PYARROW.</summary>
public sealed class TableCluster(TestCluster shared) : IAsyncLifetime
{
    private TestCluster? _own;

    public async ValueTask InitializeAsync()
    {
        if (shared.Embedded is not null && Environment.GetEnvironmentVariable("DASKK8S_PYARROW") is { Length: > 0 } python)
        {
            _own = new TestCluster { Python = python };
            await _own.InitializeAsync();
        }
    }

    public ValueTask DisposeAsync() => _own?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>Installs a release; skips the test where there is no pyarrow for an embedded cluster's pods.</summary>
    public Task<TestRelease> InstallAsync()
    {
        Assert.SkipWhen(shared.Embedded is not null && _own is null, "No Python with pyarrow is named: DASKK8S_PYARROW=$(tests/arrow.sh | tail -n 1).");
        return TestRelease.InstallAsync(_own ?? shared);
    }

    /// <summary>Connects a client for tables; skips the test where a real cluster's image lacks pyarrow.</summary>
    public static async Task<DaskClient> ConnectAsync(HelmCluster cluster)
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        DaskClient client = await cluster.GetClientAsync(DaskTables.WithTables(null), cancellationToken);
        if (!await client.RunScriptAsync<bool>("import importlib.util; importlib.util.find_spec('pyarrow') is not None", cancellationToken: cancellationToken))
        {
            await client.DisposeAsync();
            Assert.Skip("The image has no pyarrow.");
        }

        return client;
    }
}
