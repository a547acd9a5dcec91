namespace DaskK8s.Interactive;

/// <summary>Tells .NET Interactive who formats a type.</summary>
/// <remarks>
/// .NET Interactive finds it by this name and these properties, by reflection, whoever declares it: the package needs no reference to it,
/// and what is marked so is shown as HTML even where the extension script did not run.
/// </remarks>
/// <param name="formatterSourceType">A type with a method <c>CreateTypeFormatters</c>.</param>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct | AttributeTargets.Interface | AttributeTargets.Enum)]
internal sealed class TypeFormatterSourceAttribute(Type formatterSourceType) : Attribute
{
    public Type FormatterSourceType { get; } = formatterSourceType;

    public string[] PreferredMimeTypes { get; init; } = [];
}
