namespace DaskK8s.Scaling.Lossless;

/// <summary>Says within this library that results have nowhere to go; it never leaves it.</summary>
internal sealed class HomelessResultsException(int keys) : DaskK8sException("Results have nowhere to go.")
{
    public int Keys { get; } = keys;
}
