using System.Globalization;

using Microsoft.Extensions.Configuration;

namespace DaskK8s.Hosting.Configuration;

/// <summary>Reads the values of a section by name, and collects the problems: values of the wrong type, and unknown names.</summary>
/// <remarks>An empty value counts as missing, because manifests set optional environment variables to empty strings.</remarks>
internal sealed class SectionReader(IConfigurationSection section, List<string> problems)
{
    private static readonly (string Suffix, TimeSpan Unit)[] Units =
    [
        ("ms", TimeSpan.FromMilliseconds(1)), ("s", TimeSpan.FromSeconds(1)), ("m", TimeSpan.FromMinutes(1)), ("h", TimeSpan.FromHours(1)),
    ];

    private readonly SortedSet<string> _known = new(StringComparer.OrdinalIgnoreCase);

    public string? Text(string key, string? fallback = null)
    {
        _known.Add(key);
        return section[key] is { } value && !string.IsNullOrWhiteSpace(value) ? value : fallback;
    }

    public int? Integer(string key) => Text(key) is not { } text ? null
        : int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) ? value
        : Wrong<int?>(key, "a whole number", null);

    public long Long(string key, long fallback) => Text(key) is not { } text ? fallback
        : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) ? value
        : Wrong(key, "a whole number", fallback);

    public double Number(string key, double fallback) => Text(key) is not { } text ? fallback
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value
        : Wrong(key, "a number", fallback);

    public bool Boolean(string key, bool fallback) => Text(key) is not { } text ? fallback
        : bool.TryParse(text, out bool value) ? value
        : Wrong(key, "true or false", fallback);

    public T Choice<T>(string key, T fallback)
        where T : struct, Enum => Text(key) is not { } text ? fallback
        : !char.IsAsciiDigit(text[0]) && Enum.TryParse(text, ignoreCase: true, out T value) && Enum.IsDefined(value) ? value
        : Wrong(key, $"one of {string.Join(", ", Enum.GetNames<T>())}", fallback);

    /// <summary>Reads a duration: <c>00:01:30</c>, or a number with a unit: <c>90s</c>, <c>500ms</c>, <c>5m</c>, <c>1h</c>. A bare number is rejected: .NET would read days.</summary>
    public TimeSpan? Duration(string key)
    {
        if (Text(key) is not { } text)
        {
            return null;
        }

        if (text.Contains(':', StringComparison.Ordinal) && TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out TimeSpan value))
        {
            return value;
        }

        foreach ((string suffix, TimeSpan unit) in Units)
        {
            if (text.EndsWith(suffix, StringComparison.Ordinal)
                && double.TryParse(text.AsSpan(0, text.Length - suffix.Length), NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out double count)
                && Math.Abs(count) * unit.TotalDays < TimeSpan.MaxValue.TotalDays)
            {
                return count * unit;
            }
        }

        return Wrong<TimeSpan?>(key, "a duration such as 00:01:30, 90s, 500ms, 5m or 1h", null);
    }

    /// <summary>Reads a list, whose items have their indexes as names.</summary>
    public IReadOnlyList<string>? Texts(string key)
    {
        _known.Add(key);
        string[] items = [.. section.GetSection(key).GetChildren().Select(static c => c.Value).OfType<string>()];
        return items.Length == 0 ? null : items;
    }

    /// <summary>Reads a subsection; null if there is none.</summary>
    public SectionReader? Section(string key)
    {
        _known.Add(key);
        IConfigurationSection inner = section.GetSection(key);
        return inner.GetChildren().Any() ? new SectionReader(inner, problems) : null;
    }

    /// <summary>Reads the subsections, whose names are arbitrary.</summary>
    public IEnumerable<(string Name, SectionReader Reader)> Sections() =>
        section.GetChildren().Select(c => (c.Key, new SectionReader(c, problems)));

    /// <summary>Reports the names that were not read.</summary>
    public void Finish()
    {
        foreach (IConfigurationSection child in section.GetChildren().Where(c => !_known.Contains(c.Key)))
        {
            problems.Add($"{child.Path} is not a setting; {section.Path} has: {string.Join(", ", _known)}.");
        }
    }

    /// <summary>Reports a required value that is missing.</summary>
    public T? Missing<T>(string key)
    {
        problems.Add($"{section.Path}:{key} is missing.");
        return default;
    }

    private T Wrong<T>(string key, string expected, T fallback)
    {
        problems.Add($"{section.Path}:{key} is not {expected}.");
        return fallback;
    }
}
