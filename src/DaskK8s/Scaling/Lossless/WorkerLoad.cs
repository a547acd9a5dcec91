namespace DaskK8s.Scaling.Lossless;

/// <summary>The load of a Dask worker.</summary>
/// <param name="Address">Its address.</param>
/// <param name="Host">Its pod's IP.</param>
/// <param name="Status">Its state in Dask's words.</param>
/// <param name="Processing">Its tasks, those that wait included.</param>
/// <param name="Occupancy">The seconds that they are expected to take.</param>
/// <param name="Bytes">The results that it holds, in bytes.</param>
/// <param name="IsHeld">Whether somebody is draining it, or has drained it and is about to let it go.</param>
/// <param name="IsMine">Whether that is who asked; where the scheduler does not know, it is.</param>
internal sealed record WorkerLoad(
    string Address, string Host, string Status, int Processing, double Occupancy, long Bytes, bool IsHeld, bool IsMine)
{
    /// <summary>Gets whether the worker was retired and still runs: it takes no tasks.</summary>
    public bool IsRetired => Status == "closing_gracefully";
}
