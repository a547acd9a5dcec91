namespace DaskK8s;

/// <summary>The reasons why Helm's record of a release cannot be read.</summary>
public enum HelmReleaseUnreadableReason
{
    /// <summary>The record is not base64.</summary>
    Encoding,

    /// <summary>The gzip stream is damaged, or the record is neither gzip nor JSON.</summary>
    Compression,

    /// <summary>The record ends too early.</summary>
    Truncated,

    /// <summary>The content is not JSON, or not the JSON that Helm 3 and 4 write.</summary>
    Format,

    /// <summary>The uncompressed record exceeds the limit, or contains more values than a chart can have.</summary>
    TooLarge,
}
