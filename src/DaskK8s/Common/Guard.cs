namespace DaskK8s.Common;

/// <summary>Common checks of options.</summary>
internal static class Guard
{
    /// <summary>The longest time that timers support.</summary>
    private static readonly TimeSpan MaxLimit = TimeSpan.FromMilliseconds(int.MaxValue);

    /// <summary>Throws if a string is blank; null is allowed.</summary>
    /// <exception cref="ArgumentException">The string is blank.</exception>
    public static void NotBlank(string? value, string name)
    {
        if (value is not null && string.IsNullOrWhiteSpace(value))
        {
            throw new ArgumentException("The text is empty; leave it null for the default.", name);
        }
    }

    /// <summary>Throws if a time limit is not positive, or longer than timers support.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The limit is out of range.</exception>
    public static void PositiveLimit(TimeSpan limit, string name)
    {
        if (limit <= TimeSpan.Zero || limit > MaxLimit)
        {
            throw new ArgumentOutOfRangeException(name, limit, "A time limit must be longer than zero and at most 24 days.");
        }
    }
}
