namespace DaskK8s.Scaling.Lossless;

/// <summary>The load of a Dask worker.</summary>
/// <param name="Address">Its address.</param>
/// <param name="Host">Its pod's IP.</param>
/// <param name="Status">Its status, as Dask names it.</param>
/// <param name="Processing">The number of its tasks, including waiting ones.</param>
/// <param name="Occupancy">Their expected duration, in seconds.</param>
/// <param name="Bytes">The size of the results that it holds, in bytes.</param>
/// <param name="IsHeld">Whether a scale-down is draining it, or has drained it and is about to remove it.</param>
/// <param name="IsMine">Whether that is the calling scale-down; true if the scheduler does not know.</param>
internal sealed record WorkerLoad(
    string Address, string Host, string Status, int Processing, double Occupancy, long Bytes, bool IsHeld, bool IsMine)
{
    /// <summary>Gets whether the worker was retired but still runs; it accepts no tasks.</summary>
    public bool IsRetired => Status == "closing_gracefully";
}
