namespace DaskK8s;

/// <summary>The minimum and maximum number of pods of a worker group.</summary>
/// <param name="Minimum">The minimum.</param>
/// <param name="Maximum">The maximum.</param>
public readonly record struct AdaptiveRange(int Minimum, int Maximum)
{
    /// <summary>Converts a pair of numbers: <c>Groups = { ["worker"] = (0, 20) }</c>.</summary>
    /// <param name="range">The minimum and the maximum.</param>
    public static implicit operator AdaptiveRange((int Minimum, int Maximum) range) => new(range.Minimum, range.Maximum);

    /// <summary>Creates a range from a pair of numbers.</summary>
    /// <param name="range">The minimum and the maximum.</param>
    /// <returns>The range.</returns>
    public static AdaptiveRange FromValueTuple((int Minimum, int Maximum) range) => range;
}
