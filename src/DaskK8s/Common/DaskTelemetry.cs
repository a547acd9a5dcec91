namespace DaskK8s;

/// <summary>The names under which the library publishes traces and metrics, for OpenTelemetry and any other listener.</summary>
public static class DaskTelemetry
{
    /// <summary>The name of the <see cref="System.Diagnostics.ActivitySource"/>, as <c>TracerProviderBuilder.AddSource</c> takes it.</summary>
    public const string ActivitySourceName = "DaskK8s";

    /// <summary>The name of the <see cref="System.Diagnostics.Metrics.Meter"/>, as <c>MeterProviderBuilder.AddMeter</c> takes it.</summary>
    public const string MeterName = "DaskK8s";
}
