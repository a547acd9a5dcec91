using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;

namespace DaskK8s.Testing.Storage;

/// <summary>An error response of the API, with the Status object that the real server sends.</summary>
[SuppressMessage("Design", "CA1064", Justification = "It never leaves the server: the pipeline turns it into an answer.")]
internal sealed class ApiException(int code, string reason, string message) : Exception(message)
{
    public int Code { get; } = code;

    public string Reason { get; } = reason;

    public JsonObject? Details { get; init; }

    public int? RetryAfterSeconds { get; init; }

    public static ApiException NotFound(ObjectKey key) =>
        new(404, "NotFound", $"{key.Type.QualifiedName} \"{key.Name}\" not found") { Details = DetailsOf(key) };

    public static ApiException AlreadyExists(ObjectKey key) =>
        new(409, "AlreadyExists", $"{key.Type.QualifiedName} \"{key.Name}\" already exists") { Details = DetailsOf(key) };

    public static ApiException Conflict(ObjectKey key, string because) =>
        new(409, "Conflict", $"Operation cannot be fulfilled on {key.Type.QualifiedName} \"{key.Name}\": {because}") { Details = DetailsOf(key) };

    public static ApiException Modified(ObjectKey key) =>
        Conflict(key, "the object has been modified; please apply your changes to the latest version and try again");

    public static ApiException Forbidden(ObjectKey key, string because) =>
        new(403, "Forbidden", $"{key.Type.QualifiedName}{(key.Name.Length == 0 ? string.Empty : $" \"{key.Name}\"")} is forbidden: {because}") { Details = DetailsOf(key) };

    public static ApiException BadRequest(string message) => new(400, "BadRequest", message);

    public static ApiException Unauthorized() => new(401, "Unauthorized", "Unauthorized");

    public static ApiException Expired(string message) => new(410, "Expired", message);

    public static ApiException UnsupportedMediaType(string message) => new(415, "UnsupportedMediaType", message);

    public static ApiException PathNotFound() => new(404, "NotFound", "the server could not find the requested resource") { Details = [] };

    public static ApiException MethodNotAllowed(ResourceType type) =>
        new(405, "MethodNotAllowed", "the server does not allow this method on the requested resource") { Details = new JsonObject { ["kind"] = type.Plural } };

    /// <summary>Creates the error for fields that fail validation, with the real server's message.</summary>
    public static ApiException Invalid(ObjectKey key, params IReadOnlyList<InvalidField> fields)
    {
        ArgumentNullException.ThrowIfNull(fields);
        string list = fields.Count == 1 ? fields[0].ToString() : $"[{string.Join(", ", fields)}]";
        JsonObject details = DetailsOf(key);
        details["kind"] = key.Type.Kind;
        details["causes"] = new JsonArray([.. fields.Select(field => (JsonNode)new JsonObject { ["reason"] = field.Reason, ["message"] = field.Message, ["field"] = field.Path })]);
        string kind = key.Type.Group.Length == 0 ? key.Type.Kind : $"{key.Type.Kind}.{key.Type.Group}";
        return new ApiException(422, "Invalid", $"{kind} \"{key.Name}\" is invalid: {list}") { Details = details };
    }

    public JsonObject ToStatus()
    {
        JsonObject status = new()
        {
            ["kind"] = "Status",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject(),
            ["status"] = "Failure",
            ["message"] = Message,
            ["reason"] = Reason,
        };
        JsonObject? details = Details?.CloneObject();
        if (RetryAfterSeconds is { } seconds)
        {
            (details ??= [])["retryAfterSeconds"] = seconds;
        }

        if (details is not null)
        {
            status["details"] = details;
        }

        status["code"] = Code;
        return status;
    }

    private static JsonObject DetailsOf(ObjectKey key)
    {
        JsonObject details = [];
        if (key.Name.Length > 0)
        {
            details["name"] = key.Name;
        }

        if (key.Type.Group.Length > 0)
        {
            details["group"] = key.Type.Group;
        }

        details["kind"] = key.Type.Plural;
        return details;
    }
}
