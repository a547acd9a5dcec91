namespace DaskK8s.Testing.Storage;

/// <summary>One field that failed validation: <c>spec.replicas: Invalid value: -1: must be greater than or equal to 0</c>.</summary>
internal sealed record InvalidField(string Path, string Reason, string Message)
{
    public static InvalidField Value(string path, string value, string because) => new(path, "FieldValueInvalid", $"Invalid value: {value}: {because}");

    public static InvalidField Required(string path, string? because = null) => new(path, "FieldValueRequired", because is null ? "Required value" : $"Required value: {because}");

    public static InvalidField Unsupported(string path, string value, params IEnumerable<string> supported) =>
        new(path, "FieldValueNotSupported", $"Unsupported value: \"{value}\": supported values: {string.Join(", ", supported.Select(name => $"\"{name}\""))}");

    public override string ToString() => $"{Path}: {Message}";
}
