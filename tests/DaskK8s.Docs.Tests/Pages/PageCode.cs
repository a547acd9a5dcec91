using System.Text.RegularExpressions;

using Markdig.Syntax;

namespace DaskK8s.Docs.Tests.Pages;

/// <summary>A block of code on a page.</summary>
internal sealed partial record PageCode(string Page, int Line, string? Language, string Text, string CommentBefore, SourceSpan Span)
{
    /// <summary>Gets the name in a comment <c>&lt;!-- snippet: NAME --&gt;</c> before the block, or null.</summary>
    public string? Snippet => SnippetComment().Match(CommentBefore) is { Success: true } match ? match.Groups[1].Value : null;

    public override string ToString() => $"{Page}:{Line}";

    [GeneratedRegex(@"<!--\s*snippet:\s*(\S+)\s*-->$")]
    private static partial Regex SnippetComment();
}
