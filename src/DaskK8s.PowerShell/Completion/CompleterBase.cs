using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace DaskK8s.PowerShell;

/// <summary>The base class of the completers: they take at most one second and never fail, because an error would not be visible.</summary>
public abstract class CompleterBase : IArgumentCompleter
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    private protected CompleterBase()
    {
    }

    /// <summary>Returns the completions of a word.</summary>
    /// <param name="commandName">The command.</param>
    /// <param name="parameterName">The parameter.</param>
    /// <param name="wordToComplete">The text typed so far.</param>
    /// <param name="commandAst">The command's syntax tree.</param>
    /// <param name="fakeBoundParameters">The other parameters typed so far.</param>
    /// <returns>The completions; none if they cannot be found in time.</returns>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        try
        {
            DaskSession session = DaskSession.Current;
            using CancellationTokenSource limit = new(Limit);
            CancellationToken token = limit.Token;
            Hashtable bound = new(fakeBoundParameters, StringComparer.OrdinalIgnoreCase);
            if (bound["Kubeconfig"] is string path)
            {
                bound["Kubeconfig"] = Resolve(path);
            }

            Task<IReadOnlyList<(string Text, string ToolTip)>> finding = Task.Run(() => FindAsync(session, bound, token), token);
            if (!finding.Wait(Limit + TimeSpan.FromMilliseconds(50)))
            {
                return [];
            }

            string word = wordToComplete.Trim('\'', '"');
            return [.. finding.Result.Where(f => f.Text.StartsWith(word, StringComparison.OrdinalIgnoreCase))
                .Select(f => new CompletionResult(Quote(f.Text), f.Text, CompletionResultType.ParameterValue, f.ToolTip))];
        }
        catch (Exception)
        {
            // A completion that fails would break the line that is being typed.
            return [];
        }
    }

    private protected abstract Task<IReadOnlyList<(string Text, string ToolTip)>> FindAsync(
        DaskSession session, IDictionary bound, CancellationToken cancellationToken);

    /// <summary>Returns the options for the parameters typed so far.</summary>
    private protected static HelmClusterOptions ToOptions(IDictionary bound) => new()
    {
        Namespace = bound["Namespace"] as string,
        Context = bound["Context"] as string,
        KubeconfigPath = bound["Kubeconfig"] as string,
        RequestTimeout = Limit,
        ConnectTimeout = Limit,
        Retry = new RetryOptions { MaxAttempts = 1 },
    };

    /// <summary>Returns the full path as the cmdlets resolve it: relative to the session's location, with <c>~</c> expanded.</summary>
    private static string Resolve(string path)
    {
        using System.Management.Automation.PowerShell shell = System.Management.Automation.PowerShell.Create(RunspaceMode.CurrentRunspace);
        return shell.AddScript("param($path) $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($path)", useLocalScope: true)
            .AddArgument(path).Invoke<string>().Single();
    }

    private static string Quote(string text) =>
        text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_' or '/') ? text : $"'{CodeGeneration.EscapeSingleQuotedStringContent(text)}'";
}
