namespace DaskK8s.Tests.Rigs.Dask;

/// <summary>The base of tests that have a client of their own on the shared cluster.</summary>
public abstract class DaskClientTestBase(DaskProcesses dask) : IAsyncLifetime
{
    protected static TimeSpan Limit { get; } = TimeSpan.FromSeconds(60);

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    protected DaskClient Client { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Client = await DaskClient.ConnectAsync(dask.Address, null, Token);

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
