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

    private static readonly (string Config, string Reason)[] Calls =
    [
        ("as-groups: [a, \"b, c\", a]", "the library sends no header twice, and refuses what it cannot send"),
        ("scopes: [view, edit]", "the library sends no header twice, and refuses what it cannot send"),
        ("tokenFile: marked", "kubectl sends a byte order mark as a part of the token"),
        ("proxy-url: \"socks5h:", "kubectl does not know the name socks5h for what its socks5 does"),
    ];

    private static readonly (string Refusal, string Reason)[] CallRefusals =
    [
        ("error: EOF", "kubectl asks the terminal for a name and a password where a user has no credentials; the library asks nobody"),
        ("tls: failed to find any PEM data", "kubectl stumbles over a byte order mark before a certificate"),
    ];

    /// <summary>Returns the reason why a call may end otherwise than kubectl's.</summary>
    /// <param name="config">The kubeconfig.</param>
    /// <param name="refusal">kubectl's message; null where its call succeeded.</param>
    /// <param name="isOursRefused">Whether the library's call failed.</param>
    /// <returns>Null where there is none.</returns>
    public static string? WhyCallDiffers(string config, string? refusal, bool isOursRefused) =>
        Calls.Where(known => config.Contains(known.Config, StringComparison.Ordinal)).Select(known => known.Reason).FirstOrDefault()
        ?? (isOursRefused ? null : CallRefusals.Where(known => refusal?.Contains(known.Refusal, StringComparison.Ordinal) == true).Select(known => known.Reason).FirstOrDefault());

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
