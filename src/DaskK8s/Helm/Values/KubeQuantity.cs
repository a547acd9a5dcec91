using System.Text.RegularExpressions;

using k8s.Models;

namespace DaskK8s.Helm.Values;

/// <summary>Parses Kubernetes quantities: <c>500m</c>, <c>512M</c>, <c>1Gi</c>, <c>1e3</c>.</summary>
internal static partial class KubeQuantity
{
    /// <summary>Parses a quantity exactly.</summary>
    /// <returns>False if the string is not a quantity, or is too large for a decimal.</returns>
    public static bool TryParse(string? text, out decimal value)
    {
        value = 0;
        // The package's own reader is more liberal than the API server.
        if (text is null || !Pattern().IsMatch(text))
        {
            return false;
        }

        try
        {
            value = new ResourceQuantity(text).ToDecimal();
            return true;
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            return false;
        }
    }

    [GeneratedRegex("^[+-]?[0-9.]+([eE][+-]?[0-9]+|[numkMGTPE]|[KMGTPE]i)?\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
