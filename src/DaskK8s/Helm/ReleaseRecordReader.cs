using System.Globalization;
using System.Text.Json;

namespace DaskK8s.Helm;

/// <summary>Reads the fields of a release from JSON tokens and passes over templates, files, schema and hooks.</summary>
internal sealed class ReleaseRecordReader(string objectName, string? @namespace, ReleaseDecoderLimits limits)
{
    private readonly JsonValueReader _values = new(limits.MaxValues);
    private string? _name;
    private string? _recordNamespace;
    private int? _revision;
    private string? _manifest;
    private string? _applyMethod;
    private ValueNode.Map? _config;

    private bool _hasInfo;
    private string? _status;
    private string? _description;
    private string? _notes;
    private string? _firstDeployed;
    private string? _lastDeployed;
    private string? _deleted;

    private string? _chartName;
    private string? _chartVersion;
    private string? _appVersion;
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
            throw Wrong("something follows the release");
        }

        return new ReleaseRecord
        {
            ObjectName = objectName,
            Name = _name is { Length: > 0 } ? _name : throw Wrong("it has no 'name'"),
            Namespace = _recordNamespace is { Length: > 0 } ? _recordNamespace : @namespace ?? "default",
            Revision = _revision is > 0 ? _revision.Value : throw Wrong("it has no 'version'"),
            Status = _hasInfo ? ReleaseStatusText.Parse(_status) : throw Wrong("it has no 'info'"),
            FirstDeployed = ParseTime(_firstDeployed),
            LastDeployed = ParseTime(_lastDeployed),
            Deleted = ParseTime(_deleted),
            Description = _description ?? "",
            Notes = string.IsNullOrEmpty(_notes) ? null : _notes,
            ChartName = _chartName is { Length: > 0 } ? _chartName : throw Wrong("it has no 'chart.metadata.name'"),
            ChartVersion = _chartVersion ?? "",
            AppVersion = _appVersion ?? "",
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
        ref var token = ref reader.Token;
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
            ReadObject(ref reader, "'info'", ReadInfoField);
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

    private void ReadInfoField(ref JsonTokenReader reader)
    {
        ref var token = ref reader.Token;
        if (token.ValueTextEquals("status"u8))
        {
            _status = ReadText(ref reader, "info.status");
        }
        else if (token.ValueTextEquals("description"u8))
        {
            _description = ReadText(ref reader, "info.description");
        }
        else if (token.ValueTextEquals("notes"u8))
        {
            _notes = ReadText(ref reader, "info.notes");
        }
        else if (token.ValueTextEquals("first_deployed"u8))
        {
            _firstDeployed = ReadText(ref reader, "info.first_deployed");
        }
        else if (token.ValueTextEquals("last_deployed"u8))
        {
            _lastDeployed = ReadText(ref reader, "info.last_deployed");
        }
        else if (token.ValueTextEquals("deleted"u8))
        {
            _deleted = ReadText(ref reader, "info.deleted");
        }
        else
        {
            reader.Skip();
        }
    }

    private void ReadChartField(ref JsonTokenReader reader)
    {
        ref var token = ref reader.Token;
        if (token.ValueTextEquals("metadata"u8))
        {
            reader.Read();
            ReadObject(ref reader, "'chart.metadata'", ReadMetadataField);
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

    private void ReadMetadataField(ref JsonTokenReader reader)
    {
        ref var token = ref reader.Token;
        if (token.ValueTextEquals("name"u8))
        {
            _chartName = ReadText(ref reader, "chart.metadata.name");
        }
        else if (token.ValueTextEquals("version"u8))
        {
            _chartVersion = ReadText(ref reader, "chart.metadata.version");
        }
        else if (token.ValueTextEquals("appVersion"u8))
        {
            _appVersion = ReadText(ref reader, "chart.metadata.appVersion");
        }
        else
        {
            reader.Skip();
        }
    }

    private void ReadObject(ref JsonTokenReader reader, string what, FieldReader readField)
    {
        if (reader.Token.TokenType != JsonTokenType.StartObject)
        {
            throw Wrong($"{what} is no object");
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
            _ => throw Wrong($"'{field}' is no text"),
        };
    }

    private int ReadInt32(ref JsonTokenReader reader, string field)
    {
        reader.Read();
        return reader.Token.TokenType == JsonTokenType.Number && reader.Token.TryGetInt32(out var value)
            ? value
            : throw Wrong($"'{field}' is no whole number");
    }

    private ValueNode.Map ReadMap(ref JsonTokenReader reader, string field)
    {
        reader.Read();
        return reader.Token.TokenType switch
        {
            JsonTokenType.StartObject => (ValueNode.Map)_values.Read(ref reader),
            JsonTokenType.Null => ValueNode.Map.Empty,
            _ => throw Wrong($"'{field}' is no object"),
        };
    }

    private static DateTimeOffset? ParseTime(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) && time != default
            ? time
            : null;

    private HelmReleaseFormatException Wrong(string reason) => new(objectName, @namespace, reason);
}
