namespace DaskK8s.Common;

/// <summary>The rules of Go's JSON decoder that differ from .NET's.</summary>
internal static class GoJson
{
    /// <summary>
    /// Determines whether Go's <c>encoding/json</c> matches a key to a field: it ignores case and accepts the two letters that fold to ASCII
    /// (the Kelvin sign and the long s).
    /// </summary>
    /// <param name="key">The key as written in the document.</param>
    /// <param name="field">The field's name, in ASCII.</param>
    /// <returns><see langword="true"/> if the key sets the field.</returns>
    /// <remarks>Kubernetes matches <c>kind</c> and <c>apiVersion</c> this way, and every other field by its exact name (<c>json.DefaultMetaFactory</c> in apimachinery).</remarks>
    public static bool IsField(string key, string field) =>
        string.Equals(key.Replace('\u212A', 'k').Replace('\u017F', 's'), field, StringComparison.OrdinalIgnoreCase);
}
