namespace DaskK8s.Interactive;

/// <summary>The view of values of one type in a notebook.</summary>
/// <param name="Type">The type: a class, or an interface or base class of the values.</param>
/// <param name="ToHtml">Converts a value of the type to HTML.</param>
/// <param name="ToText">Converts a value of the type to text.</param>
public sealed record NotebookView(Type Type, Func<object, string> ToHtml, Func<object, string> ToText)
{
    internal static NotebookView Of<T>(Func<T, string> toHtml, Func<T, string> toText) => new(typeof(T), v => toHtml((T)v), v => toText((T)v));
}
