namespace DaskK8s.Dask.Protocol;

/// <summary>Stands for a value that came as a pickle: it is never opened, as opening a pickle runs code.</summary>
internal sealed class PickledValue
{
    /// <summary>Gets the one there is: nothing of the pickle is kept.</summary>
    public static PickledValue Instance { get; } = new();
}
