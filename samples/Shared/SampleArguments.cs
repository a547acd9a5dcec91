using DaskK8s;
using DaskK8s.Testing;

namespace Samples;

/// <summary>Holds the command line; without <c>--release</c> a sample runs on the embedded cluster.</summary>
internal sealed record SampleArguments(string? Release, string? Namespace, string? Context, string? Source)
{
    /// <summary>Reads <c>--name value</c> pairs.</summary>
    /// <param name="args">The command line.</param>
    /// <param name="takesSource">Whether the sample has an input to choose.</param>
    /// <returns>What was said; null where it cannot be meant.</returns>
    public static SampleArguments? Parse(string[] args, bool takesSource = false)
    {
        SampleArguments arguments = new(null, null, null, null);
        for (int i = 0; i < args.Length; i += 2)
        {
            string? value = i + 1 < args.Length ? args[i + 1] : null;
            SampleArguments? next = args[i] switch
            {
                _ when value is null => null,
                "--release" => arguments with { Release = value },
                "--namespace" => arguments with { Namespace = value },
                "--context" => arguments with { Context = value },
                "--source" when takesSource => arguments with { Source = value },
                _ => null,
            };
            if (next is null)
            {
                return null;
            }

            arguments = next;
        }

        return arguments.Release is not null || arguments is { Namespace: null, Context: null } ? arguments : null;
    }

    /// <summary>Connects to the release that was named, or to the embedded one.</summary>
    public Task<HelmCluster> ConnectAsync(EmbeddedCluster? embedded, CancellationToken cancellationToken)
    {
        HelmClusterOptions options = new() { KubeconfigPath = embedded?.KubeconfigPath, Namespace = Namespace, Context = Context };
        return HelmCluster.ConnectAsync(Release ?? EmbeddedRelease.Name, options, cancellationToken);
    }
}
