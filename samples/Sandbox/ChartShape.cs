namespace Sandbox;

/// <summary>Which of the ways that releases look in the wild the sandbox plays.</summary>
internal enum ChartShape
{
    /// <summary>The chart with its default names, installed by Helm 3.</summary>
    Plain,

    /// <summary>The value <c>fullnameOverride</c>: names say nothing of the release.</summary>
    FullnameOverride,

    /// <summary>Installed by Helm 4, which applies on the server's side.</summary>
    Helm4,

    /// <summary>Helm's records in ConfigMaps.</summary>
    ConfigMaps,
}
