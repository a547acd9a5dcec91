namespace DaskK8s;

/// <summary>The smallest and the largest number of pods that a worker group may have.</summary>
/// <param name="Minimum">The least.</param>
/// <param name="Maximum">The most.</param>
public readonly record struct AdaptiveRange(int Minimum, int Maximum)
{
    /// <summary>Takes a pair of numbers: <c>Groups = { ["worker"] = (0, 20) }</c>.</summary>
    /// <param name="range">The least and the most.</param>
    public static implicit operator AdaptiveRange((int Minimum, int Maximum) range) => new(range.Minimum, range.Maximum);

    /// <summary>Creates a range of a pair of numbers.</summary>
    /// <param name="range">The least and the most.</param>
    /// <returns>The range.</returns>
    public static AdaptiveRange FromValueTuple((int Minimum, int Maximum) range) => range;
}
