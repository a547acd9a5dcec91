using System.Globalization;
using System.Text.Json;

using DaskK8s.Yaml;

namespace DaskK8s.Helm.Records;

/// <summary>Reads the fields of a release from JSON tokens and skips templates, files, schema and hooks.</summary>
internal sealed class ReleaseRecordReader(string objectName, string? @namespace, ReleaseDecoderLimits limits)
{
    private readonly JsonValueReader _values = new(limits.MaxValues);
    private string? _name;
    private string? _recordNamespace;
    private int? _revision;
    private string? _manifest;
    private string? _applyMethod;
    private ValueNode.Map? _config;

    private static readonly string[] InfoFields = ["status", "description", "notes", "first_deployed", "last_deployed", "deleted"];
    private static readonly string[] MetadataFields = ["name", "version", "appVersion"];

    private readonly Dictionary<string, string?> _info = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string?> _metadata = new(StringComparer.Ordinal);
    private bool _hasInfo;
    private ValueNode.Map? _defaults;

    /// <summary>Reads one document.</summary>
    /// <param name="reader">The tokens.</param>
    /// <returns>The record.</returns>
    public ReleaseRecord Read(ref JsonTokenReader reader)
    {
        if (!reader.Read())
        {
            throw new EndOfStreamException();
        }

        ReadObject(ref reader, "the release", ReadReleaseField);
        if (reader.Read())
        {
            throw Wrong("data follows the release");
        }

        return new ReleaseRecord
        {
            ObjectName = objectName,
            Name = _name is { Length: > 0 } ? _name : throw Wrong("it has no 'name'"),
            Namespace = _recordNamespace is { Length: > 0 } ? _recordNamespace : @namespace ?? "default",
            Revision = _revision is > 0 ? _revision.Value : throw Wrong("it has no 'version'"),
            Status = _hasInfo ? ReleaseStatusText.Parse(_info.GetValueOrDefault("status")) : throw Wrong("it has no 'info'"),
            FirstDeployed = ParseTime(_info.GetValueOrDefault("first_deployed")),
            LastDeployed = ParseTime(_info.GetValueOrDefault("last_deployed")),
            Deleted = ParseTime(_info.GetValueOrDefault("deleted")),
            Description = _info.GetValueOrDefault("description") ?? "",
            Notes = _info.GetValueOrDefault("notes") is { Length: > 0 } notes ? notes : null,
            ChartName = _metadata.GetValueOrDefault("name") is { Length: > 0 } chart ? chart : throw Wrong("it has no 'chart.metadata.name'"),
            ChartVersion = _metadata.GetValueOrDefault("version") ?? "",
            AppVersion = _metadata.GetValueOrDefault("appVersion") ?? "",
            Defaults = _defaults ?? ValueNode.Map.Empty,
            Config = _config ?? ValueNode.Map.Empty,
            Manifest = _manifest ?? "",
            ApplyMethod = string.IsNullOrEmpty(_applyMethod) ? null : _applyMethod,
            HelmMajorVersion = _applyMethod is null ? 3 : 4,
        };
    }

    private delegate void FieldReader(ref JsonTokenReader reader);

    private void ReadReleaseField(ref JsonTokenReader reader)
    {
        ref Utf8JsonReader token = ref reader.Token;
        if (token.ValueTextEquals("name"u8))
        {
            _name = ReadText(ref reader, "name");
        }
        else if (token.ValueTextEquals("namespace"u8))
        {
            _recordNamespace = ReadText(ref reader, "namespace");
        }
        else if (token.ValueTextEquals("version"u8))
        {
            _revision = ReadInt32(ref reader, "version");
        }
        else if (token.ValueTextEquals("info"u8))
        {
            reader.Read();
            _hasInfo = true;
            ReadObject(ref reader, "'info'", (ref fields) => ReadTextField(ref fields, "info", InfoFields, _info));
        }
        else if (token.ValueTextEquals("chart"u8))
        {
            reader.Read();
            ReadObject(ref reader, "'chart'", ReadChartField);
        }
        else if (token.ValueTextEquals("config"u8))
        {
            _config = ReadMap(ref reader, "config");
        }
        else if (token.ValueTextEquals("manifest"u8))
        {
            _manifest = ReadText(ref reader, "manifest");
        }
        else if (token.ValueTextEquals("apply_method"u8))
        {
            _applyMethod = ReadText(ref reader, "apply_method");
        }
        else
        {
            reader.Skip();
        }
    }

    private void ReadChartField(ref JsonTokenReader reader)
    {
        ref Utf8JsonReader token = ref reader.Token;
        if (token.ValueTextEquals("metadata"u8))
        {
            reader.Read();
            ReadObject(ref reader, "'chart.metadata'", (ref fields) => ReadTextField(ref fields, "chart.metadata", MetadataFields, _metadata));
        }
        else if (token.ValueTextEquals("values"u8))
        {
            _defaults = ReadMap(ref reader, "chart.values");
        }
        else
        {
            reader.Skip();
        }
    }

    /// <summary>Stores the field that the token names if it is required; all of them are strings.</summary>
    private void ReadTextField(ref JsonTokenReader reader, string place, string[] wanted, Dictionary<string, string?> texts)
    {
        foreach (string field in wanted)
        {
            if (reader.Token.ValueTextEquals(field))
            {
                texts[field] = ReadText(ref reader, $"{place}.{field}");
                return;
            }
        }

        reader.Skip();
    }

    private void ReadObject(ref JsonTokenReader reader, string what, FieldReader readField)
    {
        if (reader.Token.TokenType != JsonTokenType.StartObject)
        {
            throw Wrong($"{what} is not an object");
        }

        while (reader.Read() && reader.Token.TokenType == JsonTokenType.PropertyName)
        {
            readField(ref reader);
        }
    }

    private string? ReadText(ref JsonTokenReader reader, string field)
    {
        reader.Read();
        return reader.Token.TokenType switch
        {
            JsonTokenType.String => reader.Token.GetString(),
            JsonTokenType.Null => null,
            _ => throw Wrong($"'{field}' is not a string"),
        };
    }

    private int ReadInt32(ref JsonTokenReader reader, string field)
    {
        reader.Read();
        return reader.Token.TokenType == JsonTokenType.Number && reader.Token.TryGetInt32(out int value)
            ? value
            : throw Wrong($"'{field}' is not an integer");
    }

    private ValueNode.Map ReadMap(ref JsonTokenReader reader, string field)
    {
        reader.Read();
        return reader.Token.TokenType switch
        {
            JsonTokenType.StartObject => (ValueNode.Map)_values.Read(ref reader),
            JsonTokenType.Null => ValueNode.Map.Empty,
            _ => throw Wrong($"'{field}' is not an object"),
        };
    }

    private static DateTimeOffset? ParseTime(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time) && time != default
            ? time
            : null;

    private HelmReleaseUnreadableException Wrong(string what) => new(HelmReleaseUnreadableReason.Format, objectName, @namespace, what);
}
