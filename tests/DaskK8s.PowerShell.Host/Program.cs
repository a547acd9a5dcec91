using System.Management.Automation;
using System.Management.Automation.Runspaces;

// Runs a script given as text and prints its output, a line an object; errors go to standard error.
using Runspace runspace = RunspaceFactory.CreateRunspace(InitialSessionState.CreateDefault2());
runspace.Open();
using PowerShell shell = PowerShell.Create(runspace);
foreach (PSObject? line in shell.AddScript(args[0]).Invoke())
{
    Console.WriteLine(line);
}

foreach (ErrorRecord error in shell.Streams.Error)
{
    Console.Error.WriteLine($"{error.FullyQualifiedErrorId}: {error.Exception}");
}

return shell.HadErrors ? 1 : 0;
