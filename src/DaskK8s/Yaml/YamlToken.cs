namespace DaskK8s.Yaml;

/// <summary>The kinds of tokens that a YAML text is made of.</summary>
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
/// <param name="Kind">What it is.</param>
/// <param name="Mark">Where it begins.</param>
/// <param name="Text">A scalar's text, an anchor's name, a tag's suffix, a directive's value.</param>
/// <param name="Handle">A tag's handle.</param>
/// <param name="IsPlain">Whether a scalar stands without quotes.</param>
internal readonly record struct YamlToken(YamlTokenKind Kind, YamlMark Mark, string Text = "", string Handle = "", bool IsPlain = false);
