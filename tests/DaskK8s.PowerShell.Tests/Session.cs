using System.Management.Automation;
using System.Management.Automation.Host;
using System.Management.Automation.Runspaces;

using Shell = System.Management.Automation.PowerShell;

namespace DaskK8s.PowerShell.Tests;

/// <summary>A runspace of its own with the module imported from its manifest, as a user has it.</summary>
internal sealed class Session : IDisposable
{
    public Session(bool import = true, PSHost? host = null)
    {
        InitialSessionState state = InitialSessionState.CreateDefault2();
        Runspace = host is null ? RunspaceFactory.CreateRunspace(state) : RunspaceFactory.CreateRunspace(host, state);
        Runspace.Open();
        if (import)
        {
            Run($"Import-Module '{Places.Manifest}'");
        }
    }

    public Runspace Runspace { get; }

    /// <summary>Runs a script that must not fail.</summary>
    public IReadOnlyList<PSObject?> Run(string script, params (string Name, object Value)[] variables)
    {
        using Shell shell = Start(script, variables);
        IReadOnlyList<PSObject?> output = [.. shell.Invoke()];
        shell.Streams.Error.Select(static e => e.ToString()).Should().BeEmpty($"of {script}");
        return output;
    }

    /// <summary>Runs a script that must fail with one error.</summary>
    public ErrorRecord Fail(string script)
    {
        using Shell shell = Start(script, []);
        try
        {
            shell.Invoke();
        }
        catch (RuntimeException e)
        {
            return e.ErrorRecord;
        }

        return shell.Streams.Error.Should().ContainSingle().Subject;
    }

    /// <summary>Goes to a folder; what does that for a user is in a module that is not to be had here.</summary>
    public void SetLocation(string path) => Runspace.SessionStateProxy.Path.SetLocation(path);

    public Shell Start(string script, params (string Name, object Value)[] variables)
    {
        foreach ((string name, object value) in variables)
        {
            Runspace.SessionStateProxy.SetVariable(name, value);
        }

        Shell shell = Shell.Create(Runspace);
        shell.AddScript(script);
        return shell;
    }

    public IReadOnlyList<string> Complete(string line)
    {
        using Shell shell = Shell.Create(Runspace);
        return [.. CommandCompletion.CompleteInput(line, line.Length, null, shell).CompletionMatches.Select(static m => m.CompletionText)];
    }

    public void Dispose() => Runspace.Dispose();
}
