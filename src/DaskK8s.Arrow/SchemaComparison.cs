using Apache.Arrow;

namespace DaskK8s;

/// <summary>Compares schemas by the names and types of their fields.</summary>
internal static class SchemaComparison
{
    public static bool Equal(Schema one, Schema other) => ReferenceEquals(one, other)
        || one.FieldsList.Select(Describe).SequenceEqual(other.FieldsList.Select(Describe));

    private static string Describe(Field field) =>
        field.DataType is Apache.Arrow.Types.NestedType nested
            ? $"{field.Name}:{field.DataType.TypeId}({string.Join(',', nested.Fields.Select(Describe))})"
            : $"{field.Name}:{field.DataType}";
}
