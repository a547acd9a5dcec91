using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

using DaskK8s.Kubernetes;

namespace DaskK8s.Scaling.Ownership;

/// <summary>Reads and applies Deployments as raw JSON, because the client's classes drop unknown fields.</summary>
internal sealed class RawDeployments(KubeRequests requests)
{
    private const string ApplyPatch = "application/apply-patch+yaml";

    // A member that stands twice would be found late, and by another exception.
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    private string Namespace => requests.Connection.Namespace;

    public Task<JsonObject> ReadAsync(string name, CancellationToken cancellationToken) =>
        SendAsync("get", name, () => new HttpRequestMessage(HttpMethod.Get, PathOf(name)), cancellationToken);

    /// <summary>Applies a Deployment by server-side apply, without force.</summary>
    /// <param name="name">The Deployment's name.</param>
    /// <param name="configuration">The configuration to apply.</param>
    /// <param name="manager">The field manager.</param>
    /// <param name="isDryRun">Whether to do a dry run.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The resulting Deployment.</returns>
    /// <exception cref="KubernetesConflictException">The version or uid differs, or another manager owns a field with another value.</exception>
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

    /// <summary>Determines whether an answer has the fields that this code requires.</summary>
    private static bool IsDeployment(JsonNode? answer, string name) =>
        answer is JsonObject deployment
        && deployment["metadata"] is JsonObject metadata
        && metadata["name"] is JsonValue value && value.TryGetValue(out string? found) && found == name
        && deployment["spec"] is JsonObject
        && metadata["managedFields"] is null or JsonArray;
}
