using System.Globalization;
using System.Text;

using DaskK8s.Yaml;

namespace DaskK8s.Helm.Values;

/// <summary>Follows paths such as <c>additional_worker_groups[0].nodeSelector.kubernetes\.io/arch</c> through a values tree.</summary>
internal static class ValuePath
{
    /// <summary>Finds the node that a path leads to.</summary>
    /// <param name="root">The start of the path.</param>
    /// <param name="path">The path; a backslash escapes dots, brackets and backslashes in keys, as in <c>helm --set</c>.</param>
    /// <returns>The node; null if there is no node at the path.</returns>
    /// <exception cref="ArgumentException">The path is malformed.</exception>
    public static ValueNode? Find(ValueNode root, string path)
    {
        ValueNode? node = root;
        foreach ((string? key, int index) in Parse(path))
        {
            node = (node, key) switch
            {
                (ValueNode.Map map, not null) => map[key],
                (ValueNode.List list, null) => index < list.Items.Count ? list.Items[index] : null,
                _ => null,
            };
            if (node is null)
            {
                return null;
            }
        }

        return node;
    }

    /// <summary>Parses a path.</summary>
    /// <param name="path">The path.</param>
    /// <returns>Its steps: a key of a map, or an index of a list.</returns>
    public static IReadOnlyList<(string? Key, int Index)> Parse(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        List<(string? Key, int Index)> steps = [];
        StringBuilder key = new();
        int position = 0;
        bool expectKey = true;
        while (position < path.Length)
        {
            switch (path[position])
            {
                case '.' when !expectKey:
                    expectKey = true;
                    position++;
                    break;
                case '[' when steps.Count > 0 && !expectKey:
                    int end = path.IndexOf(']', position);
                    if (end < 0 || !int.TryParse(path.AsSpan(position + 1, end - position - 1), NumberStyles.None, CultureInfo.InvariantCulture, out int index))
                    {
                        throw Malformed(path, position);
                    }

                    steps.Add((null, index));
                    position = end + 1;
                    break;
                case '.' or '[' or ']':
                    throw Malformed(path, position);
                default:
                    if (!expectKey)
                    {
                        throw Malformed(path, position);
                    }

                    position = ReadKey(path, position, key);
                    steps.Add((key.ToString(), -1));
                    expectKey = false;
                    break;
            }
        }

        return expectKey ? throw Malformed(path, position) : steps;
    }

    /// <summary>Escapes a key for use in a path.</summary>
    public static string Escape(string key) =>
        key.Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace(".", "\\.", StringComparison.Ordinal)
            .Replace("[", "\\[", StringComparison.Ordinal)
            .Replace("]", "\\]", StringComparison.Ordinal);

    private static int ReadKey(string path, int position, StringBuilder key)
    {
        key.Clear();
        for (; position < path.Length && path[position] is not ('.' or '[' or ']'); position++)
        {
            if (path[position] == '\\' && ++position == path.Length)
            {
                throw Malformed(path, position);
            }

            key.Append(path[position]);
        }

        return position;
    }

    private static ArgumentException Malformed(string path, int position) =>
        new(
            string.Create(CultureInfo.InvariantCulture, $"'{path}' is not a valid path: see position {position}. Write keys with dots between them, list items as [0], and escape dots in keys: limits.nvidia\\.com/gpu."),
            nameof(path));
}
