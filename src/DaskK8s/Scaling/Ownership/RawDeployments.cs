using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

using DaskK8s.Kubernetes;

namespace DaskK8s.Scaling.Ownership;

/// <summary>Reads and applies Deployments as the JSON that the API server has: the client's classes drop what they do not know.</summary>
internal sealed class RawDeployments(KubeRequests requests)
{
    private const string ApplyPatch = "application/apply-patch+yaml";

    // A member that stands twice would be found late, and by another exception.
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    private string Namespace => requests.Connection.Namespace;

    public Task<JsonObject> ReadAsync(string name, CancellationToken cancellationToken) =>
        SendAsync("get", name, () => new HttpRequestMessage(HttpMethod.Get, PathOf(name)), cancellationToken);

    /// <summary>Applies on the server's side, without force.</summary>
    /// <param name="name">The Deployment's name.</param>
    /// <param name="configuration">What is applied.</param>
    /// <param name="manager">In whose name.</param>
    /// <param name="isDryRun">Whether the server only answers what would come of it.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The Deployment as it is then.</returns>
    /// <exception cref="KubernetesConflictException">It is not the version, or the object, that the configuration names; or another manager owns a field with another value.</exception>
    public Task<JsonObject> ApplyAsync(string name, JsonObject configuration, string manager, bool isDryRun, CancellationToken cancellationToken)
    {
        byte[] body = Encoding.UTF8.GetBytes(configuration.ToJsonString());
        string path = $"{PathOf(name)}?fieldManager={Uri.EscapeDataString(manager)}{(isDryRun ? "&dryRun=All" : "")}";
        return SendAsync(
            "patch",
            name,
            () => new HttpRequestMessage(HttpMethod.Patch, path) { Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue(ApplyPatch) } } },
            cancellationToken);
    }

    private string PathOf(string name) => $"apis/apps/v1/namespaces/{Namespace}/deployments/{Uri.EscapeDataString(name)}";

    private Task<JsonObject> SendAsync(string verb, string name, Func<HttpRequestMessage> create, CancellationToken cancellationToken)
    {
        KubernetesApiCall call = new(verb, "deployments", "apps", Namespace, name);
        return requests.RunAsync(
            call,
            async (_, ct) =>
            {
                using HttpRequestMessage request = create();
                request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
                using HttpResponseMessage response = await requests.Connection.SendAsync(request, ct).ConfigureAwait(false);
                if (!response.IsSuccessStatusCode)
                {
                    throw KubeErrors.From(response, await response.Content.ReadAsStringAsync(ct).ConfigureAwait(false), call);
                }

                Stream body = await response.Content.ReadAsStreamAsync(ct).ConfigureAwait(false);
                JsonNode? answer = await JsonNode.ParseAsync(body, documentOptions: Strict, cancellationToken: ct).ConfigureAwait(false);
                return IsDeployment(answer, name) ? (JsonObject)answer! : throw new JsonException("The answer is not the Deployment.");
            },
            cancellationToken);
    }

    /// <summary>Determines whether an answer has what everything here takes for granted.</summary>
    private static bool IsDeployment(JsonNode? answer, string name) =>
        answer is JsonObject deployment
        && deployment["metadata"] is JsonObject metadata
        && metadata["name"] is JsonValue value && value.TryGetValue(out string? found) && found == name
        && deployment["spec"] is JsonObject
        && metadata["managedFields"] is null or JsonArray;
}
