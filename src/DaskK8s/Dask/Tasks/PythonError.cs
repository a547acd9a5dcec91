using System.Text;

namespace DaskK8s.Dask.Tasks;

/// <summary>A Python exception, parsed from its <c>repr</c> and the lines of its traceback.</summary>
/// <param name="Type">The class's name.</param>
/// <param name="Message">The exception's message.</param>
/// <param name="Traceback">The traceback, without the frames of Dask's own code.</param>
internal sealed record PythonError(string Type, string Message, string Traceback)
{
    /// <summary>Parses an exception.</summary>
    /// <param name="repr">The exception as <c>repr</c> writes it: <c>ValueError('no such file')</c>.</param>
    /// <param name="traceback">The lines of <c>traceback.format_tb</c>.</param>
    /// <returns>The parts; a string of another form becomes the message.</returns>
    public static PythonError Parse(string repr, string traceback)
    {
        int open = repr.IndexOf('(', StringComparison.Ordinal);
        if (open <= 0 || !repr.EndsWith(')') || !repr.AsSpan(0, open).IndexOfAnyExcept(Names).Equals(-1))
        {
            return new PythonError("Exception", repr, Trim(traceback));
        }

        string arguments = repr[(open + 1)..^1];
        return new PythonError(repr[..open], Literal(arguments) ?? arguments, Trim(traceback));
    }

    private static System.Buffers.SearchValues<char> Names { get; } =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.");

    /// <summary>Reads a single Python string literal; returns null if the string is anything else.</summary>
    private static string? Literal(string text)
    {
        if (text.EndsWith(','))
        {
            text = text[..^1];
        }

        if (text.Length < 2 || text[0] is not ('\'' or '"') || text[^1] != text[0])
        {
            return null;
        }

        StringBuilder value = new(text.Length);
        for (int i = 1; i < text.Length - 1; i++)
        {
            if (text[i] == text[0])
            {
                return null;
            }

            if (text[i] != '\\' || i + 1 >= text.Length - 1)
            {
                value.Append(text[i]);
                continue;
            }

            value.Append(text[++i] switch
            {
                'n' => "\n",
                't' => "\t",
                'r' => "\r",
                '\\' or '\'' or '"' => text[i].ToString(),
                _ => "\\" + text[i],
            });
        }

        return value.ToString();
    }

    /// <summary>Removes the frames of Dask's own evaluation, which precede the task's.</summary>
    private static string Trim(string traceback)
    {
        const string Frame = "  File \"";
        int last = -1;
        for (int at = traceback.IndexOf(Frame, StringComparison.Ordinal); at >= 0; at = traceback.IndexOf(Frame, at + 1, StringComparison.Ordinal))
        {
            ReadOnlySpan<char> rest = traceback.AsSpan(at + Frame.Length);
            if (rest.StartsWith("<string>\"") && !rest.StartsWith("<string>\", line 1, in <module>"))
            {
                last = at;
            }
        }

        if (last < 0)
        {
            return traceback;
        }

        int next = traceback.IndexOf(Frame, last + 1, StringComparison.Ordinal);
        return next < 0 ? traceback : traceback[next..];
    }
}
