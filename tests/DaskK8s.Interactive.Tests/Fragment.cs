using System.Xml.Linq;

namespace DaskK8s.Interactive.Tests;

/// <summary>Reads the HTML of a view strictly, as XML: whatever is not closed or not quoted is an error.</summary>
internal sealed class Fragment(string html)
{
    public XElement Root { get; } = XElement.Parse(html);

    /// <summary>Gets names of elements and of attributes in their order: what a text must not be able to change.</summary>
    public IReadOnlyList<string> Structure => [.. Root.DescendantsAndSelf().Select(static e => $"{e.Name}({string.Join(",", e.Attributes().Select(static a => a.Name))})")];

    public string Text => string.Join(" ", Root.DescendantNodes().OfType<XText>().Where(static t => t.Parent!.Name != "style").Select(static t => t.Value));

    public IEnumerable<XElement> All(string tag) => Root.Descendants(tag);

    /// <summary>Gets the cells of each row of the first table's body, the row's header first.</summary>
    public string[][] Rows => [.. All("tbody").First().Elements("tr").Select(static r => r.Elements().Select(static c => c.Value).ToArray())];
}
