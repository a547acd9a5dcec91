namespace TaxiTrips;

/// <summary>Says where the trips come from.</summary>
/// <param name="Name">What is printed.</param>
/// <param name="Value">What the Python function is given: a path or URL that workers can read, or a file's bytes.</param>
/// <param name="Exact">The exact mean in miles where it is known.</param>
/// <param name="Trips">The number of trips where it is known.</param>
internal sealed record TripSource(string Name, object Value, decimal? Exact, int Trips)
{
    /// <summary>The value of <c>--source</c> that stands for the generated file.</summary>
    public const string Generated = "generated";

    /// <summary>The Taxi and Limousine Commission's own file of the month, about 4 MB and 240,000 trips.</summary>
    public const string Public = "https://d37ci6vzurychx.cloudfront.net/trip-data/yellow_tripdata_2020-04.parquet";

    /// <summary>Returns what <c>--source</c> names; by default the public file, and on the embedded cluster the generated one.</summary>
    /// <param name="given">The value of <c>--source</c>.</param>
    /// <param name="folder">Where workers find a file of ours; null for workers on other machines, which are given its bytes.</param>
    public static TripSource Choose(string? given, string? folder)
    {
        string source = given ?? (folder is null ? Public : Generated);
        if (source != Generated)
        {
            return new TripSource(source, source, null, 0);
        }

        GeneratedTrips trips = GeneratedTrips.Create();
        object value = trips.Csv;
        if (folder is not null)
        {
            string path = Path.Combine(folder, "yellow_tripdata_2020-04.csv");
            File.WriteAllBytes(path, trips.Csv);
            value = path;
        }

        return new TripSource($"a generated file of {GeneratedTrips.Count} trips (CSV)", value, trips.MeanDistance, GeneratedTrips.Count);
    }
}
