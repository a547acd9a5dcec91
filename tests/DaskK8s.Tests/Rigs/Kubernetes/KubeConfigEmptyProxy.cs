using System.Reflection;

namespace DaskK8s.Tests.Rigs.Kubernetes;

/// <summary>An implementation of any interface that does nothing.</summary>
public class KubeConfigEmptyProxy : DispatchProxy
{
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => null;
}
