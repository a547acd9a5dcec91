namespace DaskK8s.Testing;

internal static class EmbeddedCluster;
