using Apache.Arrow;

using DaskK8s;

namespace TaxiTrips;

/// <summary>A row of what <c>mean_distance_by_hour</c> returns.</summary>
/// <param name="Hour">The hour of the day.</param>
/// <param name="Miles">The mean distance of the trips that begin in it.</param>
/// <param name="Trips">Their number.</param>
internal sealed record DistanceByHour(int Hour, double Miles, long Trips)
{
    /// <summary>Reads the rows of the dataframe.</summary>
    public static IReadOnlyList<DistanceByHour> Read(Table table)
    {
        TableReader reader = new(table.Schema);
        int[] at = [.. new[] { "hour", "miles", "trips" }.Select(name => reader.Names.ToList().IndexOf(name))];
        return [.. reader.Read(table).Select(row => new DistanceByHour((int)row[at[0]]!, (double)row[at[1]]!, (long)row[at[2]]!))];
    }
}
