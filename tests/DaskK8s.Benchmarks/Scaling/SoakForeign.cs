namespace DaskK8s.Benchmarks.Scaling;

/// <summary>A group of the release whose workers are another scheduler's, with results on them that the scalings know nothing of; every shrink of it is to be refused.</summary>
internal sealed class SoakForeign : IAsyncDisposable
{
    public const string Release = "other";
    public const string Group = "foreign";
    public const int Workers = 2;
    private const int TasksPerRound = 2;
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(3);
    private static readonly Dictionary<string, double> NoResources = [];
    private readonly HelmCluster _other;
    private readonly SoakLoad _load;

    private SoakForeign(HelmCluster other, SoakLoad load) => (_other, _load) = (other, load);

    public static async Task<SoakForeign> StartAsync(SoakTarget target)
    {
        HelmCluster other = await SoakTarget.ConnectAsync(target.Kubeconfig, Release, target.Namespace);
        using CancellationTokenSource limit = new(Longest);
        while ((await other.GetSchedulerInfoAsync(limit.Token)).Workers.Count < Workers + 1)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200), limit.Token);
        }

        return new SoakForeign(other, await SoakLoad.StartAsync(other));
    }

    public async Task SubmitAsync()
    {
        for (int i = 0; i < TasksPerRound; i++)
        {
            await _load.SubmitAsync(0, NoResources);
        }
    }

    /// <summary>Tries to shrink the group without a loss, from where its scheduler is not known.</summary>
    /// <returns>Whether that was refused.</returns>
    public static async Task<bool> TryShrinkAsync(HelmCluster cluster, int replicas)
    {
        try
        {
            ScaleResult result = await cluster.ScaleAsync(replicas, Group);
            Console.WriteLine($"{Group} {result.Before} -> {result.After}, which had to be refused. {string.Join("; ", result.NotRetired)}");
            return false;
        }
        catch (LosslessScaleDownException)
        {
            return true;
        }
    }

    /// <summary>Counts the results that are lost to the other scheduler, and those that had to be computed again.</summary>
    public async Task<int> CountLostAsync() => await _load.CountLostAsync(_other) + (await _load.CountRunsAsync()).Recomputed;

    public async ValueTask DisposeAsync()
    {
        await _load.DisposeAsync();
        await _other.DisposeAsync();
    }
}
