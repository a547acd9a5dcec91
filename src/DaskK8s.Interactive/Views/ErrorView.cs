using DaskK8s.Interactive.Html;

namespace DaskK8s.Interactive.Views;

/// <summary>Shows an exception of the library: what failed, what to try, and its properties.</summary>
internal static class ErrorView
{
    public static string ToHtml(DaskK8sException error)
    {
        Markup html = Parts.Begin("Error", error.GetType().Name, null, "error", "dk-bad");
        html.Open("div", ("class", "dk-text"), ("role", "alert")).Element("bdi", error.Message).Close();
        (string, string?)[] facts = [.. Facts(error)];
        if (facts.Length > 0)
        {
            html.Open("dl", ("class", "dk-facts"));
            foreach ((string name, string? value) in facts)
            {
                Parts.Fact(html, name, value);
            }

            html.Close();
        }

        if (error is DaskTaskException { PythonTraceback.Length: > 0 } task)
        {
            html.Open("details").Element("summary", "Python traceback").Element("pre", task.PythonTraceback, ("tabindex", "0"), ("aria-label", "Python traceback")).Close();
        }

        if (error.StackTrace is { } stack)
        {
            html.Open("details").Element("summary", ".NET stack trace").Element("pre", stack, ("tabindex", "0"), ("aria-label", ".NET stack trace")).Close();
        }

        return html.ToString();
    }

    public static string ToText(DaskK8sException error)
    {
        string facts = string.Concat(Facts(error).Where(static f => !string.IsNullOrEmpty(f.Value)).Select(static f => $"  {f.Name}: {Plain.Line(f.Value)}\n"));
        string traceback = error is DaskTaskException { PythonTraceback.Length: > 0 } task ? $"{Plain.Clean(task.PythonTraceback).TrimEnd('\n')}\n" : "";
        return $"{error.GetType().Name}: {Plain.Clean(error.Message)}\n{facts}{traceback}";
    }

    private static IEnumerable<(string Name, string? Value)> Facts(DaskK8sException error) => error switch
    {
        KubernetesApiException e => [("Call", e.Call.ToString()), ("Status", e.StatusCode is { } status ? Plain.Number(status) : null)],
        WorkerGroupNotFoundException e => [("Release", e.Release), ("Asked for", e.WorkerGroup), ("There are", string.Join(", ", e.KnownGroups))],
        HelmReleaseNotFoundException e => [("Release", e.ReleaseName), ("Namespace", e.Namespace), ("There are", string.Join(", ", e.Releases))],
        HelmReleaseException e => [("Release", e.ReleaseName), ("Namespace", e.Namespace), ("Record", e.ObjectName)],
        DaskTaskException e => [("Task", e.Key), ("Python error", e.PythonType)],
        WorkersNotReadyException e => [("Release", e.Release), .. e.Groups.Where(static g => !g.IsComplete).Select(static g => ("Group", (string?)g.ToString()))],
        _ => [],
    };
}
