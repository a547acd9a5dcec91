namespace DaskK8s.Tests.Rigs.Kubernetes;

/// <summary>What the test's server saw of a request.</summary>
internal sealed record KubeConfigTestRequest(
    string Path,
    string Protocol,
    string? Authorization,
    string Host,
    string? Sni,
    string? ClientSubject,
    int ConnectionPort,
    IReadOnlyDictionary<string, string> Headers);
