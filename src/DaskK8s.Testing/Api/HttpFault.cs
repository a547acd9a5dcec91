namespace DaskK8s.Testing;

/// <summary>Something that goes wrong with requests; what is not given matches all requests.</summary>
public sealed record HttpFault
{
    /// <summary>Gets the verb in the words of RBAC: <c>get</c>, <c>list</c>, <c>watch</c>, <c>create</c>, <c>update</c>, <c>patch</c>, <c>delete</c>.</summary>
    /// <value>Any by default.</value>
    public string? Verb { get; init; }

    /// <summary>Gets the resource, with its subresource where that is meant: <c>pods</c>, <c>pods/log</c>, <c>pods/portforward</c>.</summary>
    /// <value>Any by default.</value>
    public string? Resource { get; init; }

    /// <summary>Gets which of these requests are meant, for example those that list the pods of one selector (<see cref="EmbeddedRequest.Query"/>).</summary>
    /// <value>All of them by default.</value>
    public Func<EmbeddedRequest, bool>? Where { get; init; }

    /// <summary>Gets how many requests pass unharmed first.</summary>
    /// <value>0 by default.</value>
    public int Skip { get; init; }

    /// <summary>Gets how many requests are hit.</summary>
    /// <value>All by default, until the fault is lifted.</value>
    public int? Times { get; init; }

    /// <summary>Gets how long the answer waits.</summary>
    /// <value>Not at all by default.</value>
    public TimeSpan Delay { get; init; }

    /// <summary>Gets the HTTP status to answer with, for example 429, 500, 503, 410, 401 or 403.</summary>
    /// <value>None by default: the request is answered as usual.</value>
    public int? Status { get; init; }

    /// <summary>Gets the seconds of the <c>Retry-After</c> header that goes with <see cref="Status"/>.</summary>
    /// <value>None by default.</value>
    public int? RetryAfter { get; init; }

    /// <summary>Gets the bytes of the answer after which the connection is reset; 0 resets it before the answer.</summary>
    /// <value>None by default.</value>
    public long? ResetAfter { get; init; }

    /// <summary>Gets the bytes of the answer after which nothing more comes, while the connection stays open; 0 stalls before the first byte.</summary>
    /// <value>None by default.</value>
    public long? StallAfter { get; init; }

    /// <summary>Gets the body to answer with, as JSON, in place of the real one; with <see cref="Status"/> as the status, or 200.</summary>
    /// <value>None by default: the request is answered as usual.</value>
    public string? Body { get; init; }
}
