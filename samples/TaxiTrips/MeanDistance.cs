using DaskK8s;

namespace TaxiTrips;

/// <summary>What <c>mean_distance.py</c> returns.</summary>
internal sealed record MeanDistance(double Mean, long Trips, string Library, string Worker)
{
    /// <summary>Gets the Python function.</summary>
    public static PythonFunction Function { get; } = PythonFunction.FromSource(ReadSource(), "mean_distance");

    private static string ReadSource()
    {
        using Stream stream = typeof(MeanDistance).Assembly.GetManifestResourceStream("mean_distance.py")!;
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }
}
