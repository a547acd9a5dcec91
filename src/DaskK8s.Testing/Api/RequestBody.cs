using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using DaskK8s.Testing.Storage;
using Microsoft.AspNetCore.Http;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace DaskK8s.Testing.Api;

/// <summary>Reads request bodies.</summary>
internal static class RequestBody
{
    private const int Limit = 3 * 1024 * 1024;

    public static async Task<byte[]> BytesAsync(HttpContext context)
    {
        using MemoryStream buffer = new();
        byte[] chunk = new byte[16 * 1024];
        int read;
        while ((read = await context.Request.Body.ReadAsync(chunk, context.RequestAborted).ConfigureAwait(false)) > 0)
        {
            await buffer.WriteAsync(chunk.AsMemory(0, read)).ConfigureAwait(false);
            if (buffer.Length > Limit)
            {
                throw new ApiException(413, "RequestEntityTooLarge", $"Request entity too large: limit is {Limit}");
            }
        }

        return buffer.ToArray();
    }

    public static JsonObject Object(byte[] body, string? contentType)
    {
        string media = (contentType ?? "application/json").Split(';')[0].Trim();
        if (media is not ("application/json" or "application/yaml" or "*/*" or ""))
        {
            throw ApiException.UnsupportedMediaType($"the body of the request was in an unknown format - accepted media types include: application/json, application/yaml");
        }

        return Parse(body) as JsonObject ?? throw ApiException.BadRequest("the object provided is unrecognized (must be of type Object)");
    }

    /// <summary>Reads JSON, or YAML if the body is not JSON.</summary>
    public static JsonNode? Parse(byte[] body)
    {
        try
        {
            return Json.Parse(body);
        }
        catch (JsonException e)
        {
            try
            {
                YamlStream yaml = [];
                using StringReader reader = new(Encoding.UTF8.GetString(body));
                yaml.Load(reader);
                return yaml.Documents.Count > 0 && yaml.Documents[0].RootNode is YamlMappingNode root ? FromYaml(root) : throw Unreadable(e);
            }
            catch (YamlException)
            {
                throw Unreadable(e);
            }
        }
    }

    private static ApiException Unreadable(JsonException notJson) =>
        ApiException.BadRequest($"the object provided is unrecognized (must be of type Object): couldn't get version/kind; json parse error: {notJson.Message}");

    private static JsonNode? FromYaml(YamlNode node) => node switch
    {
        YamlMappingNode map => new JsonObject(map.Children.Select(pair => KeyValuePair.Create(((YamlScalarNode)pair.Key).Value ?? string.Empty, FromYaml(pair.Value)))),
        YamlSequenceNode list => new JsonArray([.. list.Children.Select(FromYaml)]),
        YamlScalarNode { Style: ScalarStyle.Plain } scalar => Scalar(scalar.Value),
        YamlScalarNode scalar => JsonValue.Create(scalar.Value),
        _ => null,
    };

    private static JsonValue? Scalar(string? text) => text switch
    {
        null or "" or "~" or "null" => null,
        "true" => JsonValue.Create(true),
        "false" => JsonValue.Create(false),
        _ when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole) => JsonValue.Create(whole),
        _ when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) => JsonValue.Create(number),
        _ => JsonValue.Create(text),
    };
}
