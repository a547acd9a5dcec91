namespace DaskK8s.Helm.Chart;

/// <summary>A port of a Service: its name, the Service's port, the container's port, and the nodes' where it is written.</summary>
internal sealed record ChartServicePort(string Name, int Port, int TargetPort, int? NodePort);
