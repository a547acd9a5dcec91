namespace DaskK8s;

/// <summary>The names under which the library publishes traces and metrics, for OpenTelemetry and any other listener.</summary>
public static class DaskTelemetry
{
    /// <summary>The name of the <see cref="System.Diagnostics.ActivitySource"/>, for <c>TracerProviderBuilder.AddSource</c>.</summary>
    public const string ActivitySourceName = "DaskK8s";

    /// <summary>The name of the <see cref="System.Diagnostics.Metrics.Meter"/>, for <c>MeterProviderBuilder.AddMeter</c>.</summary>
    public const string MeterName = "DaskK8s";
}
