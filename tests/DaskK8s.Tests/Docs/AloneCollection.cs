namespace DaskK8s.Tests.Docs;

/// <summary>Holds tests that run alone: so many Dask processes at once leave the others no time.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection
{
    public const string Name = "Alone";
}
