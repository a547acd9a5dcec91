namespace DaskK8s;

/// <summary>Output that a script printed on its worker.</summary>
/// <param name="Stream"><c>stdout</c> or <c>stderr</c>.</param>
/// <param name="Text">Whole lines, including their line ends; the last text can lack a line end.</param>
public readonly record struct ScriptOutput(string Stream, string Text);
