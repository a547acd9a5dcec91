namespace DaskK8s.Packages.Tests.Notebooks;

/// <summary>One output of a cell.</summary>
/// <param name="Kind">The notebook format's word: <c>execute_result</c>, <c>display_data</c> or <c>stream</c>.</param>
/// <param name="Data">What is shown, by MIME type.</param>
/// <param name="Updates">How often it was replaced by another in its place.</param>
internal sealed record CellOutput(string Kind, IReadOnlyDictionary<string, string> Data, int Updates)
{
    public string Html => Data.GetValueOrDefault("text/html", "");

    public string Text => Data.GetValueOrDefault("text/plain", "");
}
