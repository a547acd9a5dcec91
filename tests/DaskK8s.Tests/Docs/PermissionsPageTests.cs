using System.Text;

using DaskK8s.Permissions;
using DaskK8s.Tests.Rigs;

namespace DaskK8s.Tests.Docs;

public sealed class PermissionsPageTests
{
    private const string Begin = "<!-- roles: begin -->";
    private const string End = "<!-- roles: end -->";

    [Fact]
    public void PermissionsPage_Roles_AreThoseThatTheCheckAsksFor()
    {
        string page = Repository.Read("docs/permissions.md");
        int begin = page.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        string shown = page[begin..page.IndexOf(End, StringComparison.Ordinal)].Trim();

        shown.Should().Be(Expected(), "docs/permissions.md is written from FeatureRules; paste the expected text there");
    }

    private static string Expected()
    {
        StringBuilder text = new();
        foreach (FeatureRule rule in FeatureRules.For("default"))
        {
            text.Append("### ").Append(rule.Feature).Append(": ").Append(rule.Description).Append("\n\n");
            if (rule.Required.Count > 0)
            {
                text.Append("```yaml\n").Append(RoleYaml.Write($"daskk8s-{rule.Feature}", rule.Required)).Append("```\n\n");
            }

            if (rule.Optional.Count > 0)
            {
                text.Append("Better with: ").AppendJoin(", ", rule.Optional.Select(call => $"`{call.Verb} {call.Resource}`")).Append(". ");
            }

            if (rule.Note is not null)
            {
                text.Append(rule.Note).Append('\n');
            }

            if (rule.Optional.Count > 0 || rule.Note is not null)
            {
                text.Append('\n');
            }
        }

        return text.ToString().Trim();
    }
}
