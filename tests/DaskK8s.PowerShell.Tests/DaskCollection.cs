namespace DaskK8s.PowerShell.Tests;

/// <summary>The tests in whose pods Dask runs: one class after the other, as its processes are many.</summary>
[CollectionDefinition(Name)]
public sealed class DaskCollection
{
    public const string Name = "Dask";
}
