using DaskK8s;

namespace TaxiTrips;

/// <summary>What <c>mean_distance.py</c> returns.</summary>
internal sealed record MeanDistance(double Mean, long Trips, string Library, string Worker)
{
    /// <summary>Gets the Python function that gives the mean of all trips.</summary>
    public static PythonFunction Function { get; } = PythonFunction.FromSource(ReadSource(), "mean_distance");

    /// <summary>Gets the Python function that gives a dataframe: the means by the hour of the day.</summary>
    public static PythonFunction ByHour { get; } = PythonFunction.FromSource(ReadSource(), "mean_distance_by_hour");

    private static string ReadSource()
    {
        using Stream stream = typeof(MeanDistance).Assembly.GetManifestResourceStream("mean_distance.py")!;
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }
}
