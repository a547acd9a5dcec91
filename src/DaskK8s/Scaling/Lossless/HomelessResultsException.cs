namespace DaskK8s.Scaling.Lossless;

/// <summary>The exception that is thrown inside the library when no other worker can take the results.</summary>
internal sealed class HomelessResultsException(int keys) : DaskK8sException("Results have nowhere to go.")
{
    public int Keys { get; } = keys;
}
