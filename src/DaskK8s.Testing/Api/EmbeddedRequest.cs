namespace DaskK8s.Testing;

/// <summary>A request that the server has received.</summary>
/// <param name="Time">When it came.</param>
/// <param name="Method">The HTTP method.</param>
/// <param name="Path">The path without the query.</param>
/// <param name="Query">The query with its question mark, or nothing.</param>
/// <param name="User">Who sent it.</param>
/// <param name="UserAgent">The client's name for itself.</param>
/// <param name="ContentType">The type of its body, or nothing.</param>
/// <param name="Verb">The verb in the words of RBAC, or nothing where no resource is meant.</param>
/// <param name="Resource">The resource with its subresource, or nothing.</param>
/// <param name="Protocol">The HTTP version.</param>
public sealed record EmbeddedRequest(
    DateTimeOffset Time, string Method, string Path, string Query, string User, string UserAgent, string ContentType, string Verb, string Resource, string Protocol);
