namespace DaskK8s.Dask.Protocol;

/// <summary>A value that was received as a pickle. It is never read, because that would run code.</summary>
internal sealed class PickledValue
{
    /// <summary>Gets the single instance; the pickle's content is not kept.</summary>
    public static PickledValue Instance { get; } = new();
}
