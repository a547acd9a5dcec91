namespace DaskK8s;

/// <summary>A problem in values: something that the chart ignores or reads differently than it looks.</summary>
/// <param name="Path">Where it stands, as <see cref="HelmValues.Get{T}"/> takes it.</param>
/// <param name="Message">What is wrong and what to do, without a value that may be secret.</param>
/// <param name="IsError">True where the upgrade or the workers would fail; false where something else happens than is written.</param>
public sealed record HelmValuesProblem(string Path, string Message, bool IsError);
