namespace DaskK8s.Docs.Tests.Architecture;

/// <summary>A use of one room's type in another room's code.</summary>
/// <param name="From">The room that uses the type.</param>
/// <param name="To">The room that the type belongs to.</param>
/// <param name="File">The file of the use, from the repository's root.</param>
/// <param name="Line">The line of the use, from one.</param>
/// <param name="User">The type whose code uses the other.</param>
/// <param name="Used">The type that is used.</param>
internal sealed record Arrow(string From, string To, string File, int Line, string User, string Used)
{
    public override string ToString() => $"{File}:{Line}: {User} ({From}) uses {Used} ({To})";
}
