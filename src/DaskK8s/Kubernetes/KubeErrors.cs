using System.Globalization;
using System.Net;
using System.Text.Json;

using DaskK8s.Common;

using k8s.Autorest;

namespace DaskK8s.Kubernetes;

/// <summary>Converts the client's exceptions to this library's, without the request's headers.</summary>
internal static class KubeErrors
{
    private const int LongestMessage = 2000;

    /// <summary>
    /// Converts an error response. The client's exception contains the request's headers, including Authorization, so it never becomes
    /// an inner exception.
    /// </summary>
    public static KubernetesApiException From(HttpOperationException exception, KubernetesApiCall call) =>
        From(exception.Response.StatusCode, exception.Response.Content, call);

    /// <summary>Converts a status and the body that came with it (a <c>Status</c> object, or a proxy's error page).</summary>
    public static KubernetesApiException From(HttpStatusCode status, string? body, KubernetesApiCall call)
    {
        int code = (int)status;
        string said = MessageOf(body);
        string tail = said.Length == 0 ? "" : $" The API server says: {said}";
        return status switch
        {
            HttpStatusCode.Unauthorized => new KubernetesUnauthorizedException(
                $"The API server does not accept the credentials (asked to {call}). Renew the login of the kube context, or choose another one.{tail}", call, code),
            HttpStatusCode.Forbidden => new KubernetesForbiddenException(
                $"Not allowed to {call}. Ask for a Role with the rule: apiGroups [\"{call.Group}\"], resources [\"{call.Resource}\"], verbs [\"{call.Verb}\"].{tail}", call, code),
            HttpStatusCode.NotFound => new KubernetesNotFoundException($"Not found: {call}.{tail}", call, code),
            HttpStatusCode.Conflict => new KubernetesConflictException(
                $"Another client changed the object at the same time ({call}). Read it again and repeat the call.{tail}", call, code),
            HttpStatusCode.TooManyRequests => new KubernetesThrottledException(
                $"The API server asks clients to slow down ({call}). Try again later.{tail}", call, code),
            HttpStatusCode.GatewayTimeout => new KubernetesTimeoutException($"The API server ran out of time ({call}). Try again.{tail}", call, code),
            >= HttpStatusCode.InternalServerError => new KubernetesServerException(
                $"The API server failed with {code.ToString(CultureInfo.InvariantCulture)} ({call}). Try again; if it persists, check the API server.{tail}", call, code),
            _ => new KubernetesInvalidException(
                $"The API server rejected the call with {code.ToString(CultureInfo.InvariantCulture)} ({call}).{tail}", call, code),
        };
    }

    /// <summary>Converts an error response, including its <c>Retry-After</c>.</summary>
    public static KubernetesApiException From(HttpResponseMessage response, string? body, KubernetesApiCall call)
    {
        KubernetesApiException error = From(response.StatusCode, body, call);
        error.RetryAfter = response.Headers.RetryAfter;
        return error;
    }

    /// <summary>Converts a failure to connect, or a broken connection.</summary>
    public static KubernetesUnreachableException Unreachable(Exception exception, KubernetesApiCall call, Uri server) => new(
        $"The API server at {server.GetLeftPart(UriPartial.Authority)} could not be reached ({call}): {Words.OneLine(exception.Message)} " +
        "Check the kube context, the network and any proxy.", call, null, exception);

    /// <summary>Creates the error for a response that did not arrive within the time limit.</summary>
    public static KubernetesTimeoutException TimedOut(KubernetesApiCall call, TimeSpan limit, Uri server) => new(
        $"The API server at {server.GetLeftPart(UriPartial.Authority)} did not answer within {limit.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture)} s ({call}). " +
        "Check the network, or raise HelmClusterOptions.RequestTimeout.", call, null);

    /// <summary>Creates the error for a release that could not be read within the connection's time limit.</summary>
    public static KubernetesTimeoutException NotConnected(string release, string @namespace, TimeSpan limit, Uri server) => new(
        $"Could not connect to release {release} within {limit.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture)} s: the API server at " +
        $"{server.GetLeftPart(UriPartial.Authority)} has not answered. Check the network, or raise HelmClusterOptions.ConnectTimeout.",
        new KubernetesApiCall("list", "secrets", "", @namespace), null);

    /// <summary>Creates the error for a response that exceeds the library's size limit.</summary>
    public static KubernetesServerException TooLarge(KubernetesApiCall call, long limit, Uri server) => new(
        $"The answer of the API server at {server.GetLeftPart(UriPartial.Authority)} is larger than {(limit / 1048576).ToString(CultureInfo.InvariantCulture)} MiB ({call}). " +
        "No list of a release is that large; check the server's address in the kube context.", call, 200);

    /// <summary>Creates the error for a response that is not a Kubernetes API object.</summary>
    public static KubernetesServerException NotKubernetes(KubernetesApiCall call, Uri server) => new(
        $"The server at {server.GetLeftPart(UriPartial.Authority)} is not a Kubernetes API server ({call}): its answer is not the expected JSON. " +
        "A proxy's or a login page may be in between; check the server's address in the kube context.", call, null);

    /// <summary>Reads the <c>message</c> of a Status object; anything else (such as a proxy's page) is left out.</summary>
    private static string MessageOf(string? body)
    {
        if (string.IsNullOrEmpty(body) || body[0] != '{')
        {
            return "";
        }

        try
        {
            using JsonDocument status = JsonDocument.Parse(body);
            return status.RootElement.ValueKind == JsonValueKind.Object && status.RootElement.TryGetProperty("message", out JsonElement message) && message.ValueKind == JsonValueKind.String
                ? Words.OneLine(message.GetString(), LongestMessage)
                : "";
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            return "";
        }
    }
}
