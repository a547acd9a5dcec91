using System.Text.RegularExpressions;

namespace DaskK8s.Helm.Chart;

/// <summary>Reads a container's environment variables and expands references as the kubelet does.</summary>
internal static partial class ContainerVariables
{
    /// <summary>Returns the variables that have a literal value. Values from ConfigMaps, Secrets and fields are unknown.</summary>
    /// <param name="variables">The variables in the container's order: a value can refer to earlier ones.</param>
    public static IReadOnlyDictionary<string, string> Read(IEnumerable<KeyValuePair<string, string?>> variables)
    {
        Dictionary<string, string> found = new(StringComparer.Ordinal);
        foreach ((string name, string? value) in variables)
        {
            if (value is null)
            {
                found.Remove(name);
            }
            else
            {
                found[name] = Expand(value, found);
            }
        }

        return found;
    }

    /// <summary>Expands each <c>$(NAME)</c>; unknown names stay as they are, and <c>$$</c> is a dollar sign.</summary>
    public static string Expand(string text, IReadOnlyDictionary<string, string> variables) =>
        text.Contains('$', StringComparison.Ordinal)
            ? Reference().Replace(text, m => m.Value == "$$" ? "$" : variables.GetValueOrDefault(m.Groups[1].Value, m.Value))
            : text;

    [GeneratedRegex(@"\$\$|\$\(([^()$]+)\)", RegexOptions.CultureInvariant)]
    private static partial Regex Reference();
}
