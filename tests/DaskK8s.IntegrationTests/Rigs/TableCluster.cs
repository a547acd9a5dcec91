namespace DaskK8s.IntegrationTests.Rigs;

/// <summary>
/// A release whose workers have pyarrow, on the Kubernetes under the contract tests: the real one, or an embedded one of its own with the Python of DASKK8S_PYARROW.
/// One is enough for all tests of tables.
/// </summary>
public sealed class TableCluster(TestCluster shared) : IAsyncLifetime
{
    private string? _lack;
    private TestCluster? _own;
    private TestRelease? _release;
    private HelmCluster? _cluster;
    private DaskClient? _client;

    /// <summary>Gets the release; skips the test where workers lack pyarrow.</summary>
    public HelmCluster Cluster
    {
        get
        {
            Assert.SkipWhen(_lack is not null, _lack ?? "");
            return _cluster!;
        }
    }

    /// <summary>Gets a client for tables; skips the test where workers lack pyarrow.</summary>
    public DaskClient Client
    {
        get
        {
            Assert.SkipWhen(_lack is not null, _lack ?? "");
            return _client!;
        }
    }

    public async ValueTask InitializeAsync()
    {
        if (shared.Embedded is not null)
        {
            if (Environment.GetEnvironmentVariable("DASKK8S_PYARROW") is not { Length: > 0 } python)
            {
                _lack = "No Python with pyarrow is named: DASKK8S_PYARROW=$(tests/arrow.sh | tail -n 1).";
                return;
            }

            _own = new TestCluster { Python = python };
            await _own.InitializeAsync();
        }

        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        _release = await TestRelease.InstallAsync(_own ?? shared);
        _cluster = await _release.ConnectAsync();
        _client = await _cluster.GetClientAsync(DaskTables.WithTables(null), cancellationToken);
        if (!await _client.RunScriptAsync<bool>("import importlib.util; importlib.util.find_spec('pyarrow') is not None", cancellationToken: cancellationToken))
        {
            _lack = "The image has no pyarrow.";
        }
    }

    public async ValueTask DisposeAsync()
    {
        await (_client?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_cluster?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_release?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_own?.DisposeAsync() ?? ValueTask.CompletedTask);
    }
}
