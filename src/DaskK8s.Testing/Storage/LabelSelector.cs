using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace DaskK8s.Testing.Storage;

/// <summary>A label selector as queries and objects write it.</summary>
internal sealed partial class LabelSelector
{
    private readonly List<Func<Dictionary<string, string>, bool>> _terms = [];

    public bool IsEmpty => _terms.Count == 0;

    public static LabelSelector Parse(string? text)
    {
        LabelSelector selector = new();
        foreach (string term in Commas().Split(text ?? string.Empty))
        {
            if (term.Trim().Length > 0)
            {
                selector._terms.Add(ParseTerm(term.Trim()));
            }
        }

        return selector;
    }

    /// <summary>Reads <c>matchLabels</c> and <c>matchExpressions</c>.</summary>
    public static LabelSelector From(JsonNode? node)
    {
        LabelSelector selector = new();
        foreach ((string key, string value) in node.Map("matchLabels"))
        {
            selector._terms.Add(labels => labels.GetValueOrDefault(key) == value);
        }

        foreach (JsonObject expression in node.Objects("matchExpressions"))
        {
            string key = expression.Text("key") ?? string.Empty;
            HashSet<string> values = [.. (expression["values"] as JsonArray)?.Select(value => value.Text() ?? string.Empty) ?? []];
            selector._terms.Add(Term(key, (expression.Text("operator") ?? string.Empty).ToLowerInvariant(), values));
        }

        return selector;
    }

    public static LabelSelector FromMap(JsonNode? node) => From(new JsonObject { ["matchLabels"] = node?.DeepClone() });

    public bool Matches(StoredObject stored) => _terms.Count == 0 || Matches(stored.Labels);

    public bool Matches(JsonNode value) => _terms.Count == 0 || Matches(value.Map("metadata", "labels"));

    private bool Matches(Dictionary<string, string> labels)
    {
        foreach (Func<Dictionary<string, string>, bool> term in _terms)
        {
            if (!term(labels))
            {
                return false;
            }
        }

        return true;
    }

    private static Func<Dictionary<string, string>, bool> ParseTerm(string term)
    {
        if (SetTerm().Match(term) is { Success: true } set)
        {
            HashSet<string> values = [.. set.Groups["values"].Value.Split(',', StringSplitOptions.TrimEntries)];
            return Term(set.Groups["key"].Value, set.Groups["op"].Value, values);
        }

        if (EqualTerm().Match(term) is { Success: true } equal)
        {
            HashSet<string> value = [equal.Groups["value"].Value];
            return Term(equal.Groups["key"].Value, equal.Groups["op"].Value == "!=" ? "notin" : "in", value);
        }

        return term[0] == '!' ? Term(term[1..].Trim(), "doesnotexist", []) : Term(term, "exists", []);
    }

    private static Func<Dictionary<string, string>, bool> Term(string key, string verb, HashSet<string> values) => verb switch
    {
        "in" => labels => labels.TryGetValue(key, out string? value) && values.Contains(value),
        "notin" => labels => !labels.TryGetValue(key, out string? value) || !values.Contains(value),
        "exists" => labels => labels.ContainsKey(key),
        _ => labels => !labels.ContainsKey(key),
    };

    [GeneratedRegex(@",(?![^(]*\))")]
    private static partial Regex Commas();

    [GeneratedRegex(@"^(?<key>[^\s!=,()]+)\s+(?<op>in|notin)\s*\((?<values>[^)]*)\)$")]
    private static partial Regex SetTerm();

    [GeneratedRegex(@"^(?<key>[^\s!=,()]+)\s*(?<op>==|=|!=)\s*(?<value>[^\s!=,()]*)$")]
    private static partial Regex EqualTerm();
}
