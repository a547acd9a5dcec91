using System.Text.Json;

namespace DaskK8s;

/// <summary>An event that Dask logged under a topic.</summary>
/// <param name="Time">When, by the scheduler's clock.</param>
/// <param name="Data">What happened; what has no JSON form (a pickle) is null.</param>
public sealed record DaskEvent(DateTimeOffset Time, JsonElement Data);
