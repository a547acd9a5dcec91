using System.Globalization;

using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace DaskK8s.Yaml;

/// <summary>Writes values as YAML in the order of their keys, so that every parser reads the same values.</summary>
internal static class YamlWriter
{
    public static string Write(ValueNode.Map values)
    {
        using StringWriter text = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
        Emitter emitter = new(text, new EmitterSettings(2, int.MaxValue, false, 1024, false, false, "\n"));
        emitter.Emit(new StreamStart());
        emitter.Emit(new DocumentStart(null, null, isImplicit: true));
        Write(emitter, values);
        emitter.Emit(new DocumentEnd(isImplicit: true));
        emitter.Emit(new StreamEnd());
        return text.ToString();
    }

    private static void Write(Emitter emitter, ValueNode node)
    {
        switch (node)
        {
            case ValueNode.Map map:
                emitter.Emit(new MappingStart(AnchorName.Empty, TagName.Empty, true, map.Count == 0 ? MappingStyle.Flow : MappingStyle.Block));
                foreach ((string? key, ValueNode? value) in map.Entries)
                {
                    emitter.Emit(TextScalar(key, isKey: true));
                    Write(emitter, value);
                }

                emitter.Emit(new MappingEnd());
                break;
            case ValueNode.List list:
                emitter.Emit(new SequenceStart(AnchorName.Empty, TagName.Empty, true, list.Items.Count == 0 ? SequenceStyle.Flow : SequenceStyle.Block));
                foreach (ValueNode item in list.Items)
                {
                    Write(emitter, item);
                }

                emitter.Emit(new SequenceEnd());
                break;
            case ValueNode.Text text:
                emitter.Emit(TextScalar(text.Value, isKey: false));
                break;
            case ValueNode.Number number:
                emitter.Emit(Plain(number.Raw));
                break;
            case ValueNode.Bool flag:
                emitter.Emit(Plain(flag.Value ? "true" : "false"));
                break;
            default:
                emitter.Emit(Plain("null"));
                break;
        }
    }

    private static Scalar Plain(string text) => new(AnchorName.Empty, TagName.Empty, text, ScalarStyle.Plain, true, false);

    private static Scalar TextScalar(string text, bool isKey)
    {
        ScalarStyle style = (isKey, text) switch
        {
            (false, _) when IsLiteral(text) => ScalarStyle.Literal,
            _ when NeedsEscapes(text) || YamlScalar.NeedsQuotes(text) => ScalarStyle.DoubleQuoted,
            _ => ScalarStyle.Plain,
        };
        return new Scalar(AnchorName.Empty, TagName.Empty, text, style, style == ScalarStyle.Plain, style != ScalarStyle.Plain);
    }

    // Only texts that a block scalar keeps without indentation or chomping tricks.
    private static bool IsLiteral(string text)
    {
        ReadOnlySpan<char> body = text.AsSpan();
        if (body.EndsWith("\n"))
        {
            body = body[..^1];
        }

        if (!body.Contains('\n') || body[0] is ' ' or '\t' or '\n' || body[^1] is ' ' or '\t' or '\n')
        {
            return false;
        }

        foreach (char c in body)
        {
            if (c != '\n' && NeedsEscape(c))
            {
                return false;
            }
        }

        return !text.Contains(" \n", StringComparison.Ordinal) && !text.Contains("\t\n", StringComparison.Ordinal);
    }

    private static bool NeedsEscapes(string text) =>
        text.AsSpan().Trim().Length != text.Length || text.Any(NeedsEscape);

    private static bool NeedsEscape(char c) => c is < ' ' or >= '\x7f' and not (>= '\xa1' and < '\u2028' or > '\u2029' and < '\ud800' or >= '\ue000' and < '\ufeff');
}
