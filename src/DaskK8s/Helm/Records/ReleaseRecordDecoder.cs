using System.Globalization;
using System.IO.Compression;
using System.Text.Json;

namespace DaskK8s.Helm.Records;

/// <summary>Decodes Helm's <c>data.release</c> field (base64 around gzip around JSON) in one pass.</summary>
/// <remarks>The gzip layer is optional in Helm's format; the client library removes the base64 layer that a Secret adds.</remarks>
internal static class ReleaseRecordDecoder
{
    private static ReadOnlySpan<byte> GzipMagic => [0x1f, 0x8b, 0x08];

    /// <summary>Decodes a Secret's record.</summary>
    /// <param name="objectName">The Secret's name, for errors.</param>
    /// <param name="namespace">Its namespace.</param>
    /// <param name="data">The bytes of <c>data.release</c> as the client library returns them: still base64.</param>
    /// <param name="limits">The limits of the record; null for the defaults.</param>
    /// <returns>The record.</returns>
    /// <exception cref="HelmReleaseException">The record cannot be read; its reason is included.</exception>
    public static ReleaseRecord Decode(string objectName, string? @namespace, ReadOnlyMemory<byte> data, ReleaseDecoderLimits? limits = null) =>
        Decode(objectName, @namespace, () => EncodedRecord.Decode(data.Span), data.IsEmpty, limits ?? ReleaseDecoderLimits.Default);

    /// <summary>Decodes a ConfigMap's record.</summary>
    /// <param name="objectName">The ConfigMap's name, for errors.</param>
    /// <param name="namespace">Its namespace.</param>
    /// <param name="data">The string in <c>data.release</c>.</param>
    /// <param name="limits">The limits of the record; null for the defaults.</param>
    /// <returns>The record.</returns>
    /// <exception cref="HelmReleaseException">The record cannot be read; its reason is included.</exception>
    public static ReleaseRecord Decode(string objectName, string? @namespace, string data, ReleaseDecoderLimits? limits = null) =>
        Decode(objectName, @namespace, () => EncodedRecord.Decode(data), data.Length == 0, limits ?? ReleaseDecoderLimits.Default);

    private static ReleaseRecord Decode(string objectName, string? @namespace, Func<EncodedRecord> decode, bool isEmpty, ReleaseDecoderLimits limits)
    {
        HelmReleaseUnreadableException Unreadable(HelmReleaseUnreadableReason reason, string what) => new(reason, objectName, @namespace, what);
        if (isEmpty)
        {
            throw Unreadable(HelmReleaseUnreadableReason.Truncated, "its field 'release' is empty");
        }

        EncodedRecord? encoded = null;
        try
        {
            encoded = decode();
            ReadOnlySpan<byte> start = encoded.Content;
            if (!start.StartsWith(GzipMagic))
            {
                ReadOnlySpan<byte> trimmed = start.TrimStart(" \t\r\n"u8);
                return trimmed.IsEmpty || trimmed[0] == '{'
                    ? ReadJson(objectName, @namespace, encoded, limits).Record
                    : throw Unreadable(HelmReleaseUnreadableReason.Compression, "it begins with neither gzip nor JSON");
            }

            using GZipStream inflated = new(encoded, CompressionMode.Decompress, leaveOpen: true);
            (ReleaseRecord? record, long size) = ReadJson(objectName, @namespace, inflated, limits);

            // The framework's stream takes a missing end for the end; gzip's last four bytes are the inflated size.
            return (uint)size == encoded.Tail ? record : throw new EndOfStreamException();
        }
        catch (FormatException)
        {
            throw Unreadable(HelmReleaseUnreadableReason.Encoding, "its field 'release' is not valid base64");
        }
        catch (EndOfStreamException)
        {
            throw Unreadable(HelmReleaseUnreadableReason.Truncated, "it ends in the middle");
        }
        catch (InvalidDataException) when (encoded is { IsExhausted: true })
        {
            throw Unreadable(HelmReleaseUnreadableReason.Truncated, "its gzip stream ends in the middle");
        }
        catch (InvalidDataException)
        {
            throw Unreadable(HelmReleaseUnreadableReason.Compression, "its gzip stream is damaged");
        }
    }

    private static (ReleaseRecord Record, long Size) ReadJson(string objectName, string? @namespace, Stream json, ReleaseDecoderLimits limits)
    {
        JsonTokenReader reader = new(json, limits.MaxInflatedBytes, limits.MaxDepth);
        try
        {
            return (new ReleaseRecordReader(objectName, @namespace, limits).Read(ref reader), reader.BytesRead);
        }
        catch (InflatedSizeException e)
        {
            throw e.CountsValues
                ? HelmReleaseUnreadableException.TooLarge(objectName, @namespace, limits.MaxValues, "values")
                : HelmReleaseUnreadableException.TooLarge(objectName, @namespace, limits.MaxInflatedBytes, "bytes inflated");
        }
        catch (JsonException)
        {
            // The parser's own message can quote what it read, which may be a value of the release.
            string what = reader.Token.CurrentDepth >= limits.MaxDepth - 1
                ? string.Create(CultureInfo.InvariantCulture, $"it nests deeper than {limits.MaxDepth} levels")
                : "it is not JSON";
            throw Wrong(objectName, @namespace, what, reader.Position);
        }
        catch (InvalidOperationException)
        {
            throw Wrong(objectName, @namespace, "it contains text that is not valid Unicode", reader.Position);
        }
    }

    private static HelmReleaseUnreadableException Wrong(string objectName, string? @namespace, string what, long position) =>
        new(HelmReleaseUnreadableReason.Format, objectName, @namespace, string.Create(CultureInfo.InvariantCulture, $"{what} (at byte {position:N0})"));
}
