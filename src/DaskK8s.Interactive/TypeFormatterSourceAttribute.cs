namespace DaskK8s.Interactive;

/// <summary>Specifies the formatter source of a type for .NET Interactive.</summary>
/// <remarks>
/// .NET Interactive finds the attribute by its name and properties through reflection, wherever it is declared: the package needs no reference to it,
/// and types with the attribute are shown as HTML even if the extension script did not run.
/// </remarks>
/// <param name="formatterSourceType">A type with a method <c>CreateTypeFormatters</c>.</param>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct | AttributeTargets.Interface | AttributeTargets.Enum)]
internal sealed class TypeFormatterSourceAttribute(Type formatterSourceType) : Attribute
{
    public Type FormatterSourceType { get; } = formatterSourceType;

    public string[] PreferredMimeTypes { get; init; } = [];
}
