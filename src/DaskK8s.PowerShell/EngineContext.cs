using System.Reflection;
using System.Runtime.Loader;

namespace DaskK8s.PowerShell;

/// <summary>Loads the library and its dependencies from the module's <c>lib</c>, isolated from those of the host and other modules.</summary>
internal sealed class EngineContext : AssemblyLoadContext
{
    private static readonly Lazy<EngineContext> Shared = new(static () => new EngineContext());

    private readonly string _directory = Path.Combine(Path.GetDirectoryName(typeof(EngineContext).Assembly.Location)!, "lib");

    private EngineContext()
        : base("DaskK8s")
    {
        // Only what the cmdlets themselves name leads from the shared context here; anything else of ours stays invisible there.
        Default.Resolving += (_, name) => name.Name is "DaskK8s" or "DaskK8s.PowerShell.Engine" ? LoadFromAssemblyName(name) : null;
    }

    /// <summary>Makes the library loadable; once per process, because assemblies cannot be unloaded.</summary>
    public static void Attach() => _ = Shared.Value;

    protected override Assembly? Load(AssemblyName assemblyName)
    {
        string path = Path.Combine(_directory, assemblyName.Name + ".dll");
        return File.Exists(path) ? LoadFromAssemblyPath(path) : null;
    }
}
