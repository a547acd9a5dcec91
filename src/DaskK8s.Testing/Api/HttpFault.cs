namespace DaskK8s.Testing;

/// <summary>A fault injected into requests; criteria that are not set match all requests.</summary>
public sealed record HttpFault
{
    /// <summary>Gets the RBAC verb: <c>get</c>, <c>list</c>, <c>watch</c>, <c>create</c>, <c>update</c>, <c>patch</c>, <c>delete</c>.</summary>
    /// <value>Any by default.</value>
    public string? Verb { get; init; }

    /// <summary>Gets the resource or subresource: <c>pods</c>, <c>pods/log</c>, <c>pods/portforward</c>.</summary>
    /// <value>Any by default.</value>
    public string? Resource { get; init; }

    /// <summary>Gets an additional filter for requests, for example for lists of pods with one selector (<see cref="EmbeddedRequest.Query"/>).</summary>
    /// <value>All of them by default.</value>
    public Func<EmbeddedRequest, bool>? Where { get; init; }

    /// <summary>Gets the number of matching requests that pass unaffected first.</summary>
    /// <value>0 by default.</value>
    public int Skip { get; init; }

    /// <summary>Gets the number of requests that are affected.</summary>
    /// <value>All by default, until the fault is removed.</value>
    public int? Times { get; init; }

    /// <summary>Gets the delay of the response.</summary>
    /// <value>Zero by default.</value>
    public TimeSpan Delay { get; init; }

    /// <summary>Gets the HTTP status of the response, for example 429, 500, 503, 410, 401 or 403.</summary>
    /// <value>None by default: the request is handled normally.</value>
    public int? Status { get; init; }

    /// <summary>Gets the <c>Retry-After</c> header, in seconds, that is sent with <see cref="Status"/>.</summary>
    /// <value>None by default.</value>
    public int? RetryAfter { get; init; }

    /// <summary>Gets the number of response bytes after which the connection is reset; 0 resets it before the response.</summary>
    /// <value>None by default.</value>
    public long? ResetAfter { get; init; }

    /// <summary>Gets the number of response bytes after which the response stalls on an open connection; 0 stalls it before the first byte.</summary>
    /// <value>None by default.</value>
    public long? StallAfter { get; init; }

    /// <summary>Gets a JSON body that replaces the real response; its status is <see cref="Status"/>, or 200.</summary>
    /// <value>None by default: the request is handled normally.</value>
    public string? Body { get; init; }
}
