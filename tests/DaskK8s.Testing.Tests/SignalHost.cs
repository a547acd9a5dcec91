using System.Runtime.CompilerServices;

namespace DaskK8s.Testing.Tests;

/// <summary>Makes this test program, started with <see cref="Variable"/>, a console program that does nothing but run an embedded cluster.</summary>
internal static class SignalHost
{
    public const string Variable = "DASKK8S_TESTS_SIGNAL_HOST";

    public const string Ready = "the cluster runs";

#pragma warning disable CA2255 // The test program has no main method of its own.
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void Run()
    {
        if (Environment.GetEnvironmentVariable(Variable) is null)
        {
            return;
        }

        // Nothing of this module may be called on another thread until the initializer ends, which it never does.
        EmbeddedCluster cluster = EmbeddedCluster.StartAsync().GetAwaiter().GetResult();
        Console.WriteLine(Ready);
        Thread.Sleep(TimeSpan.FromMinutes(5));
        GC.KeepAlive(cluster);
    }
}
