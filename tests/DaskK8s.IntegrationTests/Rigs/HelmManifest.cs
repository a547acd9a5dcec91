using System.Globalization;
using System.Text.Json.Nodes;

using k8s;
using k8s.Models;

namespace DaskK8s.IntegrationTests.Rigs;

/// <summary>What a chart's revision says of one worker Deployment; each number gives another one. Its pods find no node: they cost nothing and run nothing.</summary>
internal sealed record HelmManifest(string Deployment, int Revision, bool TakesAndAdds)
{
    public const string Annotation = "daskk8s.test/revision";

    /// <summary>Gets the replicas that the revision declares.</summary>
    public int Replicas => Revision % 3;

    private bool HasExtras => !TakesAndAdds || Revision % 2 == 0;

    /// <summary>Applies it on the server's side as Helm 4 does.</summary>
    public Task<V1Deployment> ApplyAsync(TestCluster kubernetes, TestRelease release, V1Deployment live) => kubernetes.Client.AppsV1.PatchNamespacedDeploymentAsync(
        new V1Patch(ToJson(live).ToJsonString(), V1Patch.PatchType.ApplyPatch), Deployment, release.Namespace, fieldManager: "helm",
        cancellationToken: TestContext.Current.CancellationToken);

    /// <summary>Returns what of it is not so in a Deployment; the number of replicas is not looked at.</summary>
    public IEnumerable<string> Differences(V1Deployment live)
    {
        V1Container worker = live.Spec.Template.Spec.Containers.Single();
        (string What, object? Is, object? Said)[] fields =
        [
            ("revision", Of(live.Metadata.Annotations, Annotation), Text(Revision)),
            ("progressDeadlineSeconds", live.Spec.ProgressDeadlineSeconds, 600 + Revision),
            ("env", string.Join(' ', worker.Env.Select(static e => $"{e.Name}={e.Value}")), string.Join(' ', Environment().Select(static e => $"{e.Name}={e.Value}"))),
            ("ports", string.Join(' ', worker.Ports.Select(static p => $"{p.ContainerPort}/{p.Protocol} {p.Name}")), HasExtras ? "8790/TCP dashboard" : "8790/TCP "),
            ("minReadySeconds", live.Spec.MinReadySeconds ?? 0, HasExtras ? 1 : 0),
            ("extra label", Of(live.Metadata.Labels, "daskk8s.test/extra"), HasExtras ? "yes" : null),
            ("tolerations", live.Spec.Template.Spec.Tolerations?.Count ?? 0, HasExtras ? 1 : 0),
            ("selector", live.Spec.Template.Spec.NodeSelector["daskk8s.test/nowhere"], "yes"),
        ];
        return fields.Where(static f => !Equals(f.Is, f.Said)).Select(f => $"{f.What} of revision {Revision} is {f.Is} and not {f.Said}");
    }

    private static string? Of(IDictionary<string, string> map, string name) => map.TryGetValue(name, out string? value) ? value : null;

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>The pods' template changes now and then only: each change is a rollout.</summary>
    private IEnumerable<(string Name, string Value)> Environment()
    {
        yield return ("ERA", Text(Revision / 50));
        if (HasExtras)
        {
            yield return ("EXTRA", "yes");
        }
    }

    private JsonObject ToJson(V1Deployment live)
    {
        JsonObject Labels(IDictionary<string, string> labels) => new(labels.Where(static l => l.Key != "daskk8s.test/extra").Select(static l => KeyValuePair.Create(l.Key, (JsonNode?)l.Value)));
        V1Container container = live.Spec.Template.Spec.Containers[0];
        JsonObject port = new() { ["containerPort"] = 8790 };
        JsonObject pod = new() { ["nodeSelector"] = new JsonObject { ["daskk8s.test/nowhere"] = "yes" }, ["volumes"] = null, ["affinity"] = new JsonObject() };
        JsonObject metadata = new()
        {
            ["name"] = Deployment,
            ["labels"] = Labels(live.Metadata.Labels),
            ["annotations"] = new JsonObject { [Annotation] = Text(Revision) },
        };
        JsonObject spec = new()
        {
            ["replicas"] = Replicas,
            ["progressDeadlineSeconds"] = 600 + Revision,
            ["selector"] = new JsonObject { ["matchLabels"] = Labels(live.Spec.Selector.MatchLabels) },
            ["template"] = new JsonObject { ["metadata"] = new JsonObject { ["labels"] = Labels(live.Spec.Template.Metadata.Labels) }, ["spec"] = pod },
        };
        if (HasExtras)
        {
            metadata["labels"]!["daskk8s.test/extra"] = "yes";
            spec["minReadySeconds"] = 1;
            port["name"] = "dashboard";
            pod["tolerations"] = new JsonArray(new JsonObject { ["key"] = "daskk8s.test/gpu", ["operator"] = "Exists" });
        }

        pod["containers"] = new JsonArray(new JsonObject
        {
            ["name"] = container.Name,
            ["image"] = container.Image,
            ["args"] = new JsonArray([.. container.Args.Select(static a => (JsonNode?)a)]),
            ["env"] = new JsonArray([.. Environment().Select(static e => (JsonNode)new JsonObject { ["name"] = e.Name, ["value"] = e.Value })]),
            ["ports"] = new JsonArray(port),
            ["resources"] = new JsonObject(),
        });
        return new JsonObject { ["apiVersion"] = "apps/v1", ["kind"] = "Deployment", ["metadata"] = metadata, ["spec"] = spec };
    }
}
