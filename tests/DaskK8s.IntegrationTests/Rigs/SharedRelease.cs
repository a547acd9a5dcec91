using System.Text.Json.Nodes;

using k8s;
using k8s.Models;

namespace DaskK8s.IntegrationTests.Rigs;

/// <summary>A release that Helm itself wrote on another cluster, as files beside the repository: its storage records and its objects.</summary>
/// <param name="folder">The release's folder.</param>
public sealed class SharedRelease(string folder)
{
    /// <summary>Installs the newest revision in a namespace: what Helm would have left there.</summary>
    public async Task InstallAsync(k8s.Kubernetes client, string @namespace, CancellationToken cancellationToken)
    {
        foreach (string line in await File.ReadAllLinesAsync(Path.Combine(folder, "release-storage.jsonl"), cancellationToken))
        {
            V1Secret record = As<V1Secret>(JsonNode.Parse(line)!.AsObject());
            await client.CoreV1.CreateNamespacedSecretAsync(record, @namespace, cancellationToken: cancellationToken);
        }

        JsonNode all = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "objects.json"), cancellationToken))!;
        foreach (JsonObject item in all["items"]!.AsArray().Select(static node => node!.AsObject()).Where(BelongsToHelm))
        {
            await (item["kind"]!.GetValue<string>() switch
            {
                "Deployment" => client.AppsV1.CreateNamespacedDeploymentAsync(As<V1Deployment>(item), @namespace, cancellationToken: cancellationToken),
                "Service" => (Task)client.CoreV1.CreateNamespacedServiceAsync(As<V1Service>(item), @namespace, cancellationToken: cancellationToken),
                _ => Task.CompletedTask,
            });
        }
    }

    private static bool BelongsToHelm(JsonObject item) => item["metadata"]!["labels"]?["app.kubernetes.io/managed-by"]?.GetValue<string>() == "Helm";

    /// <summary>Takes away what the API server of the other cluster added.</summary>
    private static T As<T>(JsonObject item)
    {
        item.Remove("status");
        JsonObject metadata = item["metadata"]!.AsObject();
        foreach (string name in (string[])["namespace", "uid", "resourceVersion", "generation", "creationTimestamp", "managedFields"])
        {
            metadata.Remove(name);
        }

        foreach (string name in (string[])["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy"])
        {
            (item["spec"] as JsonObject)?.Remove(name);
        }

        return KubernetesJson.Deserialize<T>(item.ToJsonString());
    }
}
