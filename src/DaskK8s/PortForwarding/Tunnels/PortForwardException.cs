using System.Net;

namespace DaskK8s;

/// <summary>The exception that is thrown when a port of a pod cannot be reached, or the connection to it was lost while in use.</summary>
public sealed class PortForwardException : DaskK8sException
{
    /// <summary>Initializes a new instance of the exception.</summary>
    /// <param name="message">The message: what failed, on what, and what to try.</param>
    /// <param name="innerException">The cause, if it contains no secrets; otherwise null.</param>
    public PortForwardException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>Gets the namespace of the pod.</summary>
    /// <value>Null if no pod has been selected yet.</value>
    public string? Namespace { get; init; }

    /// <summary>Gets the name of the pod.</summary>
    /// <value>Null if no pod has been selected yet.</value>
    public string? Pod { get; init; }

    /// <summary>Gets the port inside the pod.</summary>
    /// <value>Null if the failure does not concern a port of a pod (a local port is in use).</value>
    public int? RemotePort { get; init; }

    /// <summary>Gets the local port that could not be opened.</summary>
    /// <value>Null if the failure does not concern the local side.</value>
    public int? LocalPort { get; init; }

    /// <summary>Gets the node's message that the pod refused the connection.</summary>
    /// <value>Null if the connection failed for another reason.</value>
    public string? Refusal { get; init; }

    /// <summary>Gets the API server's response to the upgrade.</summary>
    /// <value>Null if the server could not be reached, or accepted the upgrade.</value>
    public HttpStatusCode? StatusCode { get; init; }
}
