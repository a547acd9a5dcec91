namespace DaskK8s.Helm.Chart;

/// <summary>The release's Jupyter server.</summary>
internal sealed record ChartJupyter(string DeploymentName, string? ServiceName, int? ServicePort, string? ServiceType, ChartIngress? Ingress);
