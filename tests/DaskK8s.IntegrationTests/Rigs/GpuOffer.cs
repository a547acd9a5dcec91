using System.Globalization;
using System.Text.Json.Nodes;

using k8s;
using k8s.Models;

namespace DaskK8s.IntegrationTests.Rigs;

/// <summary>
/// Lets a node offer GPUs where none does, as Kubernetes describes for extended resources, so that the GPU group is scheduled as on a
/// GPU node; takes them back afterwards.
/// </summary>
internal sealed class GpuOffer
{
    private const string Gpu = "nvidia.com/gpu";
    private const int Needed = 4;

    private string? _node;

    public async Task MakeAsync(k8s.Kubernetes client)
    {
        V1NodeList nodes = await client.CoreV1.ListNodeAsync();
        if (nodes.Items.Any(static n => n.Status.Allocatable?.ContainsKey(Gpu) == true))
        {
            return;
        }

        V1Node node = nodes.Items.First(static n => n.Spec.Taints is null or [] && n.Status.Conditions.Any(static c => c is { Type: "Ready", Status: "True" }));
        await PatchAsync(client, node.Metadata.Name, Needed.ToString(CultureInfo.InvariantCulture));
        _node = node.Metadata.Name;
    }

    public async Task WithdrawAsync(k8s.Kubernetes client)
    {
        if (_node is { } node)
        {
            await PatchAsync(client, node, null);
        }
    }

    private static Task PatchAsync(k8s.Kubernetes client, string node, string? count)
    {
        JsonObject patch = new()
        {
            ["status"] = new JsonObject { ["capacity"] = new JsonObject { [Gpu] = count }, ["allocatable"] = new JsonObject { [Gpu] = count } },
        };
        return client.CoreV1.PatchNodeStatusAsync(new V1Patch(patch.ToJsonString(), V1Patch.PatchType.MergePatch), node);
    }
}
