namespace DaskK8s;

/// <summary>Is something in values that the chart would take otherwise than it looks, or not at all.</summary>
/// <param name="Path">Where it stands, as <see cref="HelmValues.Get{T}"/> takes it.</param>
/// <param name="Message">What is wrong and what to do, without a value that may be secret.</param>
/// <param name="IsError">True where the upgrade or the workers would fail; false where something else happens than is written.</param>
public sealed record HelmValuesProblem(string Path, string Message, bool IsError);
