namespace DaskK8s.Testing;

/// <summary>A request that the server has received.</summary>
/// <param name="Time">The time when it was received.</param>
/// <param name="Method">The HTTP method.</param>
/// <param name="Path">The path without the query.</param>
/// <param name="Query">The query with its question mark, or an empty string.</param>
/// <param name="User">The user who sent it.</param>
/// <param name="UserAgent">The client's User-Agent header.</param>
/// <param name="ContentType">The content type of the body, or an empty string.</param>
/// <param name="Verb">The RBAC verb, or an empty string if the request does not address a resource.</param>
/// <param name="Resource">The resource with its subresource, or an empty string.</param>
/// <param name="Protocol">The HTTP version.</param>
public sealed record EmbeddedRequest(
    DateTimeOffset Time, string Method, string Path, string Query, string User, string UserAgent, string ContentType, string Verb, string Resource, string Protocol);
