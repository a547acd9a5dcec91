using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace DaskK8s.Kubernetes.Config;

/// <summary>
/// Reads a kubeconfig's YAML (or JSON, which is YAML) from the parser's events. A deserializer would cost some hundred
/// milliseconds of reflection in a cold process, and puts the content of the file into its errors.
/// </summary>
internal static class KubeConfigYaml
{
    private const int MaxDepth = 64;

    /// <summary>Reads the first document of a file.</summary>
    /// <param name="path">The file's path, for errors.</param>
    /// <param name="content">The file's content.</param>
    /// <returns>The root, a map; null where the file is empty.</returns>
    public static KubeConfigNode? Read(string path, string content)
    {
        Parser parser = new(new StringReader(content));
        try
        {
            parser.Consume<StreamStart>();
            if (!parser.TryConsume<DocumentStart>(out _))
            {
                return null;
            }

            KubeConfigNode root = ReadNode(path, parser, [], 0);
            if (root.IsNull)
            {
                return null;
            }

            return root.Entries is null ? throw root.Mistake("a kubeconfig is a map") : root;
        }
        catch (YamlException e)
        {
            // The parser's message may quote the file, so neither it nor the exception goes on.
            throw Locate(path, content, e);
        }
        catch (InvalidOperationException)
        {
            // The scanner's own way to stumble over some damaged scalars.
            throw At(path, parser.Current?.End ?? Mark.Empty).Mistake("this is no YAML");
        }
    }

    private static KubeConfigNode ReadNode(string path, Parser parser, Dictionary<AnchorName, KubeConfigNode> anchors, int depth)
    {
        Mark start = parser.Current?.Start ?? Mark.Empty;
        if (depth > MaxDepth)
        {
            throw At(path, start).Mistake("it is nested too deeply");
        }

        if (parser.Current is AnchorAlias alias)
        {
            parser.MoveNext();
            return anchors.TryGetValue(alias.Value, out KubeConfigNode? target)
                ? target
                : throw At(path, start).Mistake("an alias names no anchor before it");
        }

        AnchorName anchor = parser.Current is NodeEvent node ? node.Anchor : AnchorName.Empty;
        KubeConfigNode result;
        if (parser.Current is Scalar scalar)
        {
            parser.MoveNext();
            result = new KubeConfigNode
            {
                Path = path,
                Line = (int)start.Line,
                Column = (int)start.Column,
                Text = scalar.Value,
                IsPlain = scalar.Style == ScalarStyle.Plain,
            };
        }
        else if (parser.TryConsume<SequenceStart>(out _))
        {
            result = new KubeConfigNode { Path = path, Line = (int)start.Line, Column = (int)start.Column, Items = [] };
            while (!parser.TryConsume<SequenceEnd>(out _))
            {
                KubeConfigNode item = ReadNode(path, parser, anchors, depth + 1);
                result.Items.Add(item);
                result.Contain(item);
            }
        }
        else
        {
            parser.Consume<MappingStart>();
            result = new KubeConfigNode
            {
                Path = path,
                Line = (int)start.Line,
                Column = (int)start.Column,
                Entries = new Dictionary<string, KubeConfigNode>(StringComparer.Ordinal),
            };
            while (!parser.TryConsume<MappingEnd>(out _))
            {
                KubeConfigNode key = ReadNode(path, parser, anchors, depth + 1);
                KubeConfigNode value = ReadNode(path, parser, anchors, depth + 1);
                result.Entries[key.Text ?? throw key.Mistake("a key must be a text")] = value;
                result.Contain(value);
            }
        }

        if (result.Depth > MaxDepth)
        {
            // Through aliases, which nest without being nested themselves.
            throw result.Mistake("it is nested too deeply");
        }

        if (!anchor.IsEmpty)
        {
            anchors[anchor] = result;
        }

        return result;
    }

    private static KubeConfigException Locate(string path, string content, YamlException exception)
    {
        string[] lines = content.Split('\n');
        if (exception.Message.Contains("tab", StringComparison.Ordinal))
        {
            // The scanner blames the key before the tab.
            int index = Array.FindIndex(lines, line => line.AsSpan(0, line.Length - line.AsSpan().TrimStart().Length).Contains('\t'));
            if (index >= 0)
            {
                return new KubeConfigNode { Path = path, Line = index + 1, Column = lines[index].IndexOf('\t', StringComparison.Ordinal) + 1 }
                    .Mistake("lines are indented by spaces, and here stands a tab");
            }
        }

        // An end that comes too early is reported on the line after the last one.
        return exception.Start.Line > lines.Length
            ? new KubeConfigNode { Path = path, Line = lines.Length, Column = lines[^1].Length + 1 }.Mistake("this is no YAML: something is not closed")
            : At(path, exception.Start).Mistake("this is no YAML");
    }

    private static KubeConfigNode At(string path, Mark mark) =>
        new() { Path = path, Line = (int)mark.Line, Column = (int)mark.Column };
}
