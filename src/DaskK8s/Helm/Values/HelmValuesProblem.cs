namespace DaskK8s;

/// <summary>A problem in values: something that the chart ignores or interprets differently than it appears.</summary>
/// <param name="Path">The path of the problem, in the syntax of <see cref="HelmValues.Get{T}"/>.</param>
/// <param name="Message">What is wrong and how to fix it, without values that may be secret.</param>
/// <param name="IsError">True if the upgrade or the workers would fail; false if the result would differ from what is written.</param>
public sealed record HelmValuesProblem(string Path, string Message, bool IsError);
