using System.Management.Automation;
using System.Xml.Linq;

namespace DaskK8s.PowerShell.Tests;

/// <summary>Creates the help file: parameters as the cmdlets have them, the rest from the pages in <c>help</c>.</summary>
/// <remarks>A page: the synopsis, a line; the description; then examples, each <c>## title</c>, code indented by four, remarks.</remarks>
internal static class HelpWriter
{
    private static readonly XNamespace Maml = "http://schemas.microsoft.com/maml/2004/10";
    private static readonly XNamespace Command = "http://schemas.microsoft.com/maml/dev/command/2004/10";
    private static readonly XNamespace Dev = "http://schemas.microsoft.com/maml/dev/2004/10";

    public static string Write(Session session)
    {
        IEnumerable<CmdletInfo> commands = session.Run("Get-Command -Module DaskK8s").Select(static c => (CmdletInfo)c!.BaseObject).OrderBy(static c => c.Name, StringComparer.Ordinal);
        XElement items = new("helpItems", new XAttribute("schema", "maml"), commands.Select(ToXml));
        return "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n" + items.ToString().ReplaceLineEndings("\n") + "\n";
    }

    private static XElement ToXml(CmdletInfo command)
    {
        string[] page = File.ReadAllLines(Path.Combine(Places.Repository, "src", "DaskK8s.PowerShell", "help", $"{command.Name}.md"));
        int examples = Array.FindIndex(page, static l => l.StartsWith("## ", StringComparison.Ordinal));
        string description = string.Join(' ', page[1..examples].Where(static l => l.Length > 0));
        return new XElement(
            Command + "command",
            new XAttribute(XNamespace.Xmlns + "maml", Maml),
            new XAttribute(XNamespace.Xmlns + "command", Command),
            new XAttribute(XNamespace.Xmlns + "dev", Dev),
            new XElement(
                Command + "details",
                new XElement(Command + "name", command.Name),
                new XElement(Command + "verb", command.Verb),
                new XElement(Command + "noun", command.Noun),
                new XElement(Maml + "description", new XElement(Maml + "para", page[0]))),
            new XElement(Maml + "description", new XElement(Maml + "para", description)),
            new XElement(Command + "syntax", command.ParameterSets.OrderBy(static s => s.Name, StringComparer.Ordinal).Select(s => new XElement(
                Command + "syntaxItem", new XElement(Maml + "name", command.Name), Ours(s.Parameters).Select(p => ToXml(p, inSyntax: true))))),
            new XElement(
                Command + "parameters",
                command.ParameterSets.SelectMany(static s => Ours(s.Parameters)).DistinctBy(static p => p.Name).OrderBy(static p => p.Name, StringComparer.Ordinal).Select(p => ToXml(p, inSyntax: false))),
            new XElement(
                Command + "returnValues",
                command.OutputType.Select(static t => t.Name).Distinct().Select(static t => new XElement(
                    Command + "returnValue", new XElement(Dev + "type", new XElement(Maml + "name", t))))),
            new XElement(Command + "examples", Examples(page[examples..])));
    }

    private static IEnumerable<CommandParameterInfo> Ours(IEnumerable<CommandParameterInfo> parameters) =>
        parameters.Where(static p => p.HelpMessage is { Length: > 0 } || p.Name is "WhatIf" or "Confirm")
            .OrderBy(static p => p.Position == int.MinValue ? int.MaxValue : p.Position).ThenBy(static p => p.Name, StringComparer.Ordinal);

    private static XElement ToXml(CommandParameterInfo parameter, bool inSyntax)
    {
        bool isSwitch = parameter.ParameterType == typeof(SwitchParameter);
        string type = (Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType).Name;
        string text = parameter.Name switch
        {
            "WhatIf" => "Says what would be done, and does nothing.",
            "Confirm" => "Asks before each change.",
            _ => parameter.HelpMessage,
        };
        string input = (parameter.ValueFromPipeline, parameter.ValueFromPipelineByPropertyName) switch
        {
            (true, _) => "true (ByValue)",
            (_, true) => "true (ByPropertyName)",
            _ => "false",
        };
        ValidateSetAttribute? set = parameter.Attributes.OfType<ValidateSetAttribute>().FirstOrDefault();
        return new XElement(
            Command + "parameter",
            new XAttribute("required", parameter.IsMandatory ? "true" : "false"),
            new XAttribute("globbing", parameter.Attributes.OfType<SupportsWildcardsAttribute>().Any() ? "true" : "false"),
            new XAttribute("pipelineInput", input),
            new XAttribute("position", parameter.Position == int.MinValue ? "named" : parameter.Position.ToString()),
            new XElement(Maml + "name", parameter.Name),
            new XElement(Maml + "description", new XElement(Maml + "para", text)),
            inSyntax && set is not null ? new XElement(Command + "parameterValueGroup", set.ValidValues.Select(static v => new XElement(Command + "parameterValue", new XAttribute("required", "false"), v))) : null,
            inSyntax && isSwitch ? null : new XElement(Command + "parameterValue", new XAttribute("required", isSwitch ? "false" : "true"), type),
            new XElement(Dev + "type", new XElement(Maml + "name", type)));
    }

    private static IEnumerable<XElement> Examples(string[] lines)
    {
        for (int at = 0; at < lines.Length;)
        {
            string title = lines[at][3..];
            int end = Array.FindIndex(lines, at + 1, static l => l.StartsWith("## ", StringComparison.Ordinal));
            end = end < 0 ? lines.Length : end;
            string[] body = lines[(at + 1)..end];
            yield return new XElement(
                Command + "example",
                new XElement(Maml + "title", title),
                new XElement(Dev + "code", string.Join('\n', body.Where(static l => l.StartsWith("    ", StringComparison.Ordinal)).Select(static l => l[4..]))),
                new XElement(Dev + "remarks", new XElement(Maml + "para", string.Join(' ', body.Where(static l => l.Length > 0 && !l.StartsWith("    ", StringComparison.Ordinal))))));
            at = end;
        }
    }
}
