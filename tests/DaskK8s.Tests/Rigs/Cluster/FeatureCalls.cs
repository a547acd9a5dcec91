using DaskK8s.Permissions;

namespace DaskK8s.Tests.Rigs.Cluster;

/// <summary>Provides the calls that features are documented to need, and no others.</summary>
internal static class FeatureCalls
{
    public static IEnumerable<KubernetesApiCall> Of(params string[] features) =>
        FeatureRules.For("default").Where(r => features.Contains(r.Feature)).SelectMany(r => r.Required).Distinct();
}
