namespace DaskK8s.Dask.Protocol;

/// <summary>A value that arrived as a pickle. It is never opened, because that would run code.</summary>
internal sealed class PickledValue
{
    /// <summary>Gets the one there is: nothing of the pickle is kept.</summary>
    public static PickledValue Instance { get; } = new();
}
