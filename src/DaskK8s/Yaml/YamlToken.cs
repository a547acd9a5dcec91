namespace DaskK8s.Yaml;

/// <summary>The kinds of tokens in YAML.</summary>
internal enum YamlTokenKind
{
    StreamEnd,
    VersionDirective,
    TagDirective,
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias,
    Anchor,
    Tag,
    Scalar,
}

/// <summary>A token.</summary>
/// <param name="Kind">The kind of token.</param>
/// <param name="Mark">The position at which it begins.</param>
/// <param name="Text">A scalar's value, an anchor's name, a tag's suffix, or a directive's value.</param>
/// <param name="Handle">A tag's handle.</param>
/// <param name="IsPlain">Whether a scalar is not quoted.</param>
internal readonly record struct YamlToken(YamlTokenKind Kind, YamlMark Mark, string Text = "", string Handle = "", bool IsPlain = false);
