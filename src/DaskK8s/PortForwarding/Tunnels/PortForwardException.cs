using System.Net;

namespace DaskK8s;

/// <summary>The exception that is thrown when a port of a pod cannot be reached, or the connection to it was lost while in use.</summary>
public sealed class PortForwardException : DaskK8sException
{
    /// <summary>Creates the error.</summary>
    /// <param name="message">What failed, on what, and what to try.</param>
    /// <param name="innerException">The cause, where there is one that holds nothing secret.</param>
    public PortForwardException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>Gets the namespace of the pod.</summary>
    /// <value>Null where no pod was chosen yet.</value>
    public string? Namespace { get; init; }

    /// <summary>Gets the name of the pod.</summary>
    /// <value>Null where no pod was chosen yet.</value>
    public string? Pod { get; init; }

    /// <summary>Gets the port inside the pod.</summary>
    /// <value>Null where the failure concerns no port of a pod (a local port that is taken).</value>
    public int? RemotePort { get; init; }

    /// <summary>Gets the port on this machine that could not be opened.</summary>
    /// <value>Null where the failure does not concern the local side.</value>
    public int? LocalPort { get; init; }

    /// <summary>Gets the text in which the node said that the pod refused the connection.</summary>
    /// <value>Null where the connection failed for another reason.</value>
    public string? Refusal { get; init; }

    /// <summary>Gets the API server's answer to the upgrade.</summary>
    /// <value>Null where the server was not reached or agreed.</value>
    public HttpStatusCode? StatusCode { get; init; }
}
