namespace DaskK8s.Yaml;

/// <summary>The directives of a document: its version, and the prefixes of its tag handles.</summary>
internal sealed class YamlDirectives
{
    private const string StandardTags = "tag:yaml.org,2002:";

    private readonly Dictionary<string, string> _handles = new(StringComparer.Ordinal);

    /// <summary>Reads the directives before a document.</summary>
    /// <returns>True if there are any.</returns>
    /// <exception cref="YamlSyntaxException">A directive is repeated, or the version is not 1.1.</exception>
    public bool Read(YamlScanner scanner)
    {
        _handles.Clear();
        var hasVersion = false;
        while (scanner.Peek() is { Kind: YamlTokenKind.VersionDirective or YamlTokenKind.TagDirective } directive)
        {
            scanner.Take();
            if (directive.Kind == YamlTokenKind.TagDirective)
            {
                if (!_handles.TryAdd(directive.Handle, directive.Text))
                {
                    throw new YamlSyntaxException("a handle has two '%TAG' directives", directive.Mark);
                }
            }
            else if (hasVersion || directive.Text != "1.1")
            {
                throw new YamlSyntaxException(hasVersion ? "there are two '%YAML' directives" : "Helm and kubectl read YAML 1.1 only: leave the directive '%YAML' out", directive.Mark);
            }
            else
            {
                hasVersion = true;
            }
        }

        var hasAny = hasVersion || _handles.Count > 0;
        _handles.TryAdd("!", "!");
        _handles.TryAdd("!!", StandardTags);
        return hasAny;
    }

    /// <summary>Returns the full tag of a token.</summary>
    /// <exception cref="YamlSyntaxException">Its handle has no directive.</exception>
    public string Resolve(in YamlToken tag) => tag.Handle.Length == 0
        ? tag.Text
        : _handles.TryGetValue(tag.Handle, out string? prefix) ? prefix + tag.Text : throw new YamlSyntaxException("the handle of a tag has no '%TAG' directive", tag.Mark);
}
