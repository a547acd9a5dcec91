using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;

namespace DaskK8s.Interactive.Html;

/// <summary>Writes HTML in which all text and attribute values are escaped: raw markup cannot be passed in.</summary>
internal sealed class Markup
{
    private static readonly HtmlEncoder Encoder = HtmlEncoder.Create(UnicodeRanges.All);

    private readonly StringBuilder _html = new();
    private readonly Stack<string> _open = new();

    /// <summary>Opens an element.</summary>
    /// <param name="tag">The element's name, a constant.</param>
    /// <param name="attributes">Names (constants) and values; an attribute with a null value is omitted.</param>
    public Markup Open(string tag, params ReadOnlySpan<(string Name, string? Value)> attributes)
    {
        WriteTag(tag, attributes);
        _open.Push(tag);
        return this;
    }

    /// <summary>Closes the most recently opened elements.</summary>
    public Markup Close(int count = 1)
    {
        for (; count > 0; count--)
        {
            _html.Append("</").Append(_open.Pop()).Append('>');
        }

        return this;
    }

    /// <summary>Writes text, cleaned and escaped.</summary>
    public Markup Text(string? text)
    {
        _html.Append(Encoder.Encode(Plain.Clean(text)));
        return this;
    }

    /// <summary>Writes an element that holds only text; the text keeps its own direction.</summary>
    public Markup Element(string tag, string? text, params ReadOnlySpan<(string Name, string? Value)> attributes)
    {
        WriteTag(tag, attributes);
        Text(text);
        _html.Append("</").Append(tag).Append('>');
        return this;
    }

    /// <summary>Writes a link if the address is a web address, otherwise the address as text.</summary>
    public Markup Link(string address, string? text = null) =>
        Uri.TryCreate(address, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https"
            ? Element("a", text ?? address, ("href", uri.AbsoluteUri), ("target", "_blank"), ("rel", "noopener noreferrer"))
            : Element("span", text ?? address);

    /// <summary>Writes the style sheet: a constant, and the only text that is not escaped.</summary>
    public Markup Style()
    {
        _html.Append("<style>").Append(Theme.Css).Append("</style>");
        return this;
    }

    /// <summary>Returns the HTML, all elements closed.</summary>
    public override string ToString()
    {
        Close(_open.Count);
        return _html.ToString();
    }

    private void WriteTag(string tag, ReadOnlySpan<(string Name, string? Value)> attributes)
    {
        _html.Append('<').Append(tag);
        foreach ((string name, string? value) in attributes)
        {
            if (value is not null)
            {
                _html.Append(' ').Append(name).Append("=\"").Append(Encoder.Encode(Plain.Line(value))).Append('"');
            }
        }

        _html.Append('>');
    }
}
