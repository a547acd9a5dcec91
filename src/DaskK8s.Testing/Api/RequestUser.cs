namespace DaskK8s.Testing.Api;

/// <summary>The user who sends a request.</summary>
internal sealed record RequestUser(string Name, IReadOnlyList<string> Groups)
{
    public static readonly RequestUser Anonymous = new("system:anonymous", ["system:unauthenticated"]);

    public static readonly RequestUser Admin = new("kubernetes-admin", ["system:masters", "system:authenticated"]);

    public bool IsMaster => Groups.Contains("system:masters");

    public static RequestUser ServiceAccount(string inNamespace, string name) =>
        new($"system:serviceaccount:{inNamespace}:{name}", ["system:serviceaccounts", $"system:serviceaccounts:{inNamespace}", "system:authenticated"]);
}
