using System.Management.Automation;

namespace DaskK8s.PowerShell;

/// <summary>The callbacks that PowerShell calls when the module is imported and removed.</summary>
public sealed class ModuleLifetime : IModuleAssemblyInitializer, IModuleAssemblyCleanup
{
    /// <summary>Makes the library loadable before PowerShell loads the cmdlets.</summary>
    public void OnImport() => EngineContext.Attach();

    /// <summary>Closes the connections of the runspace that removes the module.</summary>
    /// <param name="psModuleInfo">The module.</param>
    public void OnRemove(PSModuleInfo psModuleInfo) => DaskSession.Close();
}
