using System.Globalization;
using System.Text.RegularExpressions;

using DaskK8s.Common;

namespace DaskK8s.Causes;

/// <summary>Rewords the Kubernetes scheduler's message about an unschedulable pod.</summary>
internal static partial class SchedulingWords
{
    /// <summary>Turns <c>0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint {x: y}.</c> into part of a sentence.</summary>
    public static string Explain(string? message)
    {
        string said = Words.OneLine(message, 600);
        Match whole = Message().Match(said);
        if (!whole.Success)
        {
            return said.Length == 0 ? "no node can take it" : $"no node can take it: {said}";
        }

        int nodes = int.Parse(whole.Groups["nodes"].Value, CultureInfo.InvariantCulture);
        string reasons = string.Join("; ", Parts().Split(whole.Groups["reasons"].Value.Trim()).Select(Reason).Where(static r => r.Length > 0));
        string who = nodes switch { 0 => "there is no node", 1 => "the only node cannot take it", _ => string.Create(CultureInfo.InvariantCulture, $"none of the {nodes} nodes can take it") };
        return reasons.Length == 0 ? who : $"{who}: {reasons}";
    }

    private static string Reason(string part)
    {
        Match counted = Counted().Match(part);
        if (!counted.Success)
        {
            return part.Trim(' ', '.');
        }

        string count = counted.Groups["count"].Value;
        bool one = count == "1";
        string nodes = one ? "1 node" : $"{count} nodes";
        string what = counted.Groups["what"].Value.Trim(' ', '.');
        const string Insufficient = "Insufficient ";
        if (what.StartsWith(Insufficient, StringComparison.Ordinal))
        {
            return $"{nodes} {(one ? "has" : "have")} too little {what[Insufficient.Length..]} free";
        }

        if (what == "Too many pods")
        {
            return $"{nodes} {(one ? "runs" : "run")} as many pods as it may";
        }

        Match taint = Taint().Match(what);
        return taint.Success
            ? $"{nodes} {(one ? "has" : "have")} the taint {taint.Groups["taint"].Value}, which the group does not tolerate"
            : $"{nodes} {what.Replace("node(s) ", "", StringComparison.Ordinal)}";
    }

    [GeneratedRegex(@"^0/(?<nodes>\d+) nodes are available(?::|,)?\s*(?<reasons>.*?)(?:\.? preemption:.*)?$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Message();

    // A taint holds commas of its own; a new reason begins with its number of nodes.
    [GeneratedRegex(@", (?=\d+ )", RegexOptions.CultureInvariant)]
    private static partial Regex Parts();

    [GeneratedRegex(@"^(?<count>\d+) (?<what>.+)$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Counted();

    [GeneratedRegex(@"(?:had|has|have) (?:untolerated )?taints? (?<taint>\{[^}]*\})", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Taint();
}
