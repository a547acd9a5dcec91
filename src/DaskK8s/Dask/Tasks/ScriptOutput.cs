namespace DaskK8s;

/// <summary>Text that a script printed on its worker.</summary>
/// <param name="Stream"><c>stdout</c> or <c>stderr</c>.</param>
/// <param name="Text">Whole lines, with their line ends; at the script's end also what no line end followed.</param>
public readonly record struct ScriptOutput(string Stream, string Text);
