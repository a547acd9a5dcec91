using System.Text.Json;

namespace DaskK8s;

/// <summary>An event that Dask logged under a topic.</summary>
/// <param name="Time">The time, by the scheduler's clock.</param>
/// <param name="Data">The data; null if it has no JSON representation (a pickle).</param>
public sealed record DaskEvent(DateTimeOffset Time, JsonElement Data);
