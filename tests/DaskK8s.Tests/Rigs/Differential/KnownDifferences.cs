namespace DaskK8s.Tests.Rigs.Differential;

/// <summary>The disagreements that are meant, in one place. Everything else is a mistake of the library.</summary>
internal static class KnownDifferences
{
    private static readonly (string Refusal, string Reason)[] Lenient =
    [
        ("illegal base64 data", "certificates of entries that nobody asks for are not looked at; the used entry's are"),
        ("users.user.exec", "a helper of a user whom nobody asks for is not looked at"),
        ("users.user.auth-provider", "a provider of a user whom nobody asks for is not looked at"),
    ];

    /// <summary>Returns the reason why the library may take what kubectl refuses.</summary>
    /// <param name="refusal">kubectl's message.</param>
    /// <returns>Null where there is none.</returns>
    public static string? WhyTaken(string refusal) =>
        Lenient.Where(known => refusal.Contains(known.Refusal, StringComparison.Ordinal)).Select(known => known.Reason).FirstOrDefault();

    /// <summary>Returns the reason why the library may refuse what kubectl takes.</summary>
    /// <param name="text">The file.</param>
    /// <returns>Null where there is none.</returns>
    public static string? WhyRefused(string text) => text.StartsWith("\ufeff\ufeff", StringComparison.Ordinal)
        ? "kubectl passes over a second byte order mark, and then over the first character of every line"
        : null;
}
