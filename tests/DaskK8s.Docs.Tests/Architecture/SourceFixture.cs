namespace DaskK8s.Docs.Tests.Architecture;

/// <summary>The code of every project under <c>src</c> with its arrows, computed once.</summary>
public sealed class SourceFixture
{
    internal IReadOnlyDictionary<string, string> Files { get; } =
        Repository.Files(".cs").Where(static path => path.StartsWith("src/", StringComparison.Ordinal)).ToDictionary(static path => path, Repository.Read);

    internal IReadOnlyList<Arrow> Arrows => field ??= SourceArrows.Find(Files);
}
