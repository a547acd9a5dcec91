namespace DaskK8s.Helm.Chart;

/// <summary>A port of a Service: its name, the Service's port, the container's port, and the node port if it is set.</summary>
internal sealed record ChartServicePort(string Name, int Port, int TargetPort, int? NodePort);
