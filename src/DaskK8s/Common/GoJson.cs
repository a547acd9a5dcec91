namespace DaskK8s.Common;

/// <summary>The rules by which Go reads JSON where they differ from .NET's.</summary>
internal static class GoJson
{
    /// <summary>
    /// Determines whether Go's <c>encoding/json</c> takes a key for a field: without regard to case, and with the two letters beyond ASCII that fold to one within
    /// (the Kelvin sign and the long s).
    /// </summary>
    /// <param name="key">The key as the document has it.</param>
    /// <param name="field">The field's name, in ASCII.</param>
    /// <returns><see langword="true"/> if the key sets the field.</returns>
    /// <remarks>Kubernetes reads <c>kind</c> and <c>apiVersion</c> this way, and every other field by its exact name (<c>json.DefaultMetaFactory</c> in apimachinery).</remarks>
    public static bool IsField(string key, string field) =>
        string.Equals(key.Replace('\u212A', 'k').Replace('\u017F', 's'), field, StringComparison.OrdinalIgnoreCase);
}
