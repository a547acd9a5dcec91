using System.Globalization;

namespace DaskK8s.Yaml;

/// <summary>A key of a map: a string, because JSON has no other keys.</summary>
/// <param name="Text">The string that Helm and kubectl convert the key to.</param>
/// <param name="IsMerge">Whether it is <c>&lt;&lt;</c>, which merges maps.</param>
/// <param name="Refusal">The reason why the key cannot be represented in JSON; null if it can.</param>
internal readonly record struct YamlKey(string Text, bool IsMerge = false, YamlSyntaxException? Refusal = null)
{
    /// <summary>Creates a key.</summary>
    /// <param name="key">The node before the colon.</param>
    /// <returns>The key.</returns>
    /// <exception cref="YamlSyntaxException">The key is a list or a map.</exception>
    public static YamlKey Of(ValueNode key) => key switch
    {
        ValueNode.Text text => new(text.Value),
        ValueNode.Bool flag => new(flag.Value ? "true" : "false"),
        ValueNode.Number number when long.TryParse(number.Raw, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) => new(whole.ToString(CultureInfo.InvariantCulture)),
        ValueNode.Number number when ulong.TryParse(number.Raw, CultureInfo.InvariantCulture, out _) => new(number.Raw, Refusal: Refuse(key, "a key is a number beyond 64 bits with a sign: put it in quotes")),
        ValueNode.Number number => new(OfReal(number)),
        ValueNode.Null => new("null", Refusal: Refuse(key, "a key is missing or null: put it in quotes")),
        _ => throw Refuse(key, "a key is a list or a map; keys must be strings"),
    };

    // A key is a 32-bit number there.
    private static string OfReal(ValueNode.Number number)
    {
        ValueNumber.TryGetDouble(number, out double value);
        return GoNumber.Format((float)value);
    }

    private static YamlSyntaxException Refuse(ValueNode key, string reason) => new(reason, new YamlMark(0, key.Line, Math.Max(key.Column - 1, 0)));
}
