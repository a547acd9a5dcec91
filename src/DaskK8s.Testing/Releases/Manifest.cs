using System.Text;
using System.Text.Json.Nodes;
using DaskK8s.Testing.Storage;

namespace DaskK8s.Testing.Releases;

/// <summary>Renders the objects of a release from its values, with the names, labels, selectors and arguments of the Dask chart.</summary>
internal sealed class Manifest(DaskRelease release, JsonObject values)
{
    private readonly string _fullname = release.Fullname;

    /// <summary>Returns the objects in the order in which Helm installs them.</summary>
    public IReadOnlyList<ManifestPart> Parts()
    {
        List<ManifestPart> parts = [];
        bool jupyter = values.Flag("jupyter", "enabled");
        bool scheduler = values.Flag("scheduler", "enabled");
        if (jupyter)
        {
            parts.AddRange(JupyterAccess());
        }

        if (scheduler)
        {
            parts.Add(new ManifestPart("dask-scheduler-service.yaml", Service()));
        }

        if (jupyter)
        {
            parts.Add(new ManifestPart("dask-jupyter-service.yaml", JupyterService()));
        }

        foreach (JsonObject group in release.IsOldChart ? [] : values.Objects("additional_worker_groups"))
        {
            JsonObject worker = ChartValues.MergeUnder(group, (JsonObject)values["worker"]!);
            parts.Add(new ManifestPart("additional-worker-deployment.yaml", Worker($"{_fullname}-worker-{worker.Text("name")}", worker)));
        }

        if (jupyter)
        {
            parts.Add(new ManifestPart("dask-jupyter-deployment.yaml", Jupyter()));
        }

        if (scheduler)
        {
            parts.Add(new ManifestPart("dask-scheduler-deployment.yaml", Scheduler()));
        }

        parts.Add(new ManifestPart("dask-worker-deployment.yaml", Worker(release.WorkerName, (JsonObject)values["worker"]!)));
        if (scheduler && values.Flag("webUI", "ingress", "enabled"))
        {
            parts.Add(new ManifestPart("dask-scheduler-ingress.yaml", Ingress()));
        }

        return parts;
    }

    public static string Text(IEnumerable<ManifestPart> parts)
    {
        StringBuilder text = new();
        foreach (ManifestPart part in parts)
        {
            text.Append("---\n# Source: ").Append(part.Folder).Append("/templates/").Append(part.Template).Append('\n').Append(YamlText.Of(part.Object));
        }

        return text.ToString();
    }

    private static JsonArray Texts(params IEnumerable<string> texts) => [.. texts.Select(text => (JsonNode)text)];

    private static string ImageOf(JsonNode? component) => $"{component.Text("image", "repository")}:{component.Text("image", "tag")}";

    private static void Copy(JsonObject to, string name, JsonNode? from)
    {
        if (from is JsonObject { Count: > 0 } or JsonArray { Count: > 0 } || (from is JsonValue && from.Text() is { Length: > 0 }))
        {
            to[name] = from.DeepClone();
        }
    }

    private JsonObject Selector(string component) =>
        new() { ["app"] = ChartNames.App(release), ["release"] = release.Name, ["component"] = component };

    private JsonObject Metadata(string name, string component) => new()
    {
        ["name"] = name,
        ["labels"] = new JsonObject
        {
            ["app"] = ChartNames.App(release),
            ["heritage"] = "Helm",
            ["release"] = release.Name,
            ["chart"] = ChartNames.Chart(release),
            ["component"] = component,
        },
    };

    private JsonObject Service()
    {
        JsonObject spec = new()
        {
            ["ports"] = new JsonArray(
                new JsonObject { ["name"] = $"{_fullname}-scheduler", ["port"] = values.Number("scheduler", "servicePort"), ["targetPort"] = 8786 },
                new JsonObject { ["name"] = $"{_fullname}-webui", ["port"] = values.Number("webUI", "servicePort"), ["targetPort"] = 8787 }),
            ["selector"] = Selector("scheduler"),
            ["type"] = values.Text("scheduler", "serviceType"),
        };
        Copy(spec, "loadBalancerIP", values.At("scheduler", "loadBalancerIP"));
        return new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Service", ["metadata"] = Metadata($"{_fullname}-scheduler", "scheduler"), ["spec"] = spec };
    }

    private JsonObject Deployment(string name, string component, JsonNode? replicas, JsonObject container, JsonNode? source)
    {
        JsonObject pod = new() { ["containers"] = new JsonArray(container) };
        foreach (string field in (string[])["nodeSelector", "securityContext", "affinity", "tolerations", "serviceAccountName"])
        {
            Copy(pod, field, source.At(field));
        }

        JsonObject template = new() { ["metadata"] = new JsonObject { ["labels"] = Selector(component) }, ["spec"] = pod };
        Copy((JsonObject)template["metadata"]!, "annotations", source.At("annotations"));
        if (release.InjectedContainers.Count > 0)
        {
            JsonObject annotations = ((JsonObject)template["metadata"]!).Child("annotations");
            foreach ((string key, JsonNode? value) in Injection.Annotations(release.InjectedContainers))
            {
                annotations[key] = value?.DeepClone();
            }
        }

        return new JsonObject
        {
            ["apiVersion"] = "apps/v1",
            ["kind"] = "Deployment",
            ["metadata"] = Metadata(name, component),
            ["spec"] = new JsonObject
            {
                ["replicas"] = replicas?.DeepClone(),
                ["selector"] = new JsonObject { ["matchLabels"] = Selector(component) },
                ["strategy"] = new JsonObject { ["type"] = source.Text("strategy", "type") ?? "RollingUpdate" },
                ["template"] = template,
            },
        };
    }

    private JsonObject Container(string name, JsonNode? component, JsonArray arguments, JsonArray ports)
    {
        JsonObject container = new()
        {
            ["name"] = $"{_fullname}-{name}",
            ["image"] = ImageOf(component),
            ["imagePullPolicy"] = component.Text("image", "pullPolicy"),
        };
        Copy(container, "args", arguments);
        container["ports"] = ports;
        Copy(container, "resources", component.At("resources"));
        Copy(container, "env", component.At("env"));
        Copy(container, "livenessProbe", component.At("livenessProbe"));
        Copy(container, "readinessProbe", component.At("readinessProbe"));
        return container;
    }

    private JsonObject Scheduler()
    {
        JsonNode? scheduler = values["scheduler"];
        JsonArray arguments = Texts(["dask-scheduler", $"--port={values.Text("scheduler", "servicePort")}", "--dashboard-address=:8787", .. (scheduler.At("extraArgs") as JsonArray ?? []).Select(item => item.Text()!)]);
        JsonArray ports = [new JsonObject { ["containerPort"] = 8786 }, new JsonObject { ["containerPort"] = 8787 }];
        return Deployment($"{_fullname}-scheduler", "scheduler", scheduler.At("replicas"), Container("scheduler", scheduler, arguments, ports), scheduler);
    }

    private JsonObject Worker(string name, JsonObject worker)
    {
        List<string> arguments =
        [
            worker.Text("image", "dask_worker")!,
            !release.IsOldChart && worker.Text("custom_scheduler_url") is { Length: > 0 } url ? url : $"{_fullname}-scheduler:{values.Text("scheduler", "servicePort")}",
        ];
        if (worker.At("resources", "limits") is JsonObject { Count: > 0 } limits)
        {
            arguments.AddRange(["--nthreads", limits.Text("cpu") ?? worker.Text("default_resources", "cpu")!]);
            arguments.AddRange(["--memory-limit", limits.Text("memory") ?? worker.Text("default_resources", "memory")!]);
        }

        arguments.AddRange(["--no-dashboard", "--dashboard-address", worker.Text("portDashboard")!]);
        arguments.AddRange((worker["extraArgs"] as JsonArray ?? []).Select(item => item.Text()!));
        JsonArray ports = [new JsonObject { ["containerPort"] = worker.Number("portDashboard"), ["name"] = "dashboard" }];
        return Deployment(name, release.IsOldChart ? release.WorkerComponent : "worker", worker["replicas"], Container("worker", worker, Texts(arguments), ports), worker);
    }

    private JsonObject Jupyter()
    {
        JsonNode jupyter = values["jupyter"]!;
        JsonObject container = Container("jupyter", jupyter, [], [new JsonObject { ["containerPort"] = 8888 }]);
        container["env"] = new JsonArray(new JsonObject { ["name"] = "DASK_SCHEDULER_ADDRESS", ["value"] = $"{_fullname}-scheduler:{values.Text("scheduler", "servicePort")}" });
        return Deployment($"{_fullname}-jupyter", "jupyter", 1, container, jupyter);
    }

    private JsonObject JupyterService() => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Service",
        ["metadata"] = Metadata($"{_fullname}-jupyter", "jupyter"),
        ["spec"] = new JsonObject
        {
            ["ports"] = new JsonArray(new JsonObject { ["name"] = $"{_fullname}-jupyter", ["port"] = values.Number("jupyter", "servicePort"), ["targetPort"] = 8888 }),
            ["selector"] = Selector("jupyter"),
            ["type"] = values.Text("jupyter", "serviceType"),
        },
    };

    /// <summary>Returns the service account, role and binding that the chart creates for Jupyter, with the permissions that the chart grants.</summary>
    private IEnumerable<ManifestPart> JupyterAccess()
    {
        JsonObject Named(string kind, string apiVersion) => new()
        {
            ["kind"] = kind,
            ["apiVersion"] = apiVersion,
            ["metadata"] = new JsonObject { ["name"] = "dask-jupyter", ["namespace"] = release.Namespace, ["labels"] = Selector("jupyter") },
        };
        static JsonObject Rule(string group, string resource, params string[] verbs) =>
            new() { ["apiGroups"] = Texts(group), ["resources"] = Texts(resource), ["verbs"] = Texts(verbs) };

        const string Template = "dask-jupyter-serviceaccount.yaml";
        yield return new ManifestPart(Template, Named("ServiceAccount", "v1"));
        JsonObject role = Named("Role", "rbac.authorization.k8s.io/v1");
        role["rules"] = new JsonArray(
            Rule("apps", "deployments", "get", "list", "watch", "update", "patch"), Rule(string.Empty, "pods", "get", "list", "watch"), Rule(string.Empty, "pods/log", "get", "list"));
        yield return new ManifestPart(Template, role);
        JsonObject binding = Named("RoleBinding", "rbac.authorization.k8s.io/v1");
        binding["subjects"] = new JsonArray(new JsonObject { ["kind"] = "ServiceAccount", ["name"] = "dask-jupyter", ["namespace"] = release.Namespace });
        binding["roleRef"] = new JsonObject { ["kind"] = "Role", ["name"] = "dask-jupyter", ["apiGroup"] = "rbac.authorization.k8s.io" };
        yield return new ManifestPart(Template, binding);
    }

    private JsonObject Ingress() => new()
    {
        ["apiVersion"] = "networking.k8s.io/v1",
        ["kind"] = "Ingress",
        ["metadata"] = new JsonObject
        {
            ["name"] = $"{_fullname}-scheduler",
            ["labels"] = new JsonObject { ["app"] = $"{_fullname}-scheduler", ["chart"] = ChartNames.Chart(release), ["release"] = release.Name, ["heritage"] = "Helm" },
        },
        ["spec"] = new JsonObject
        {
            ["rules"] = new JsonArray(new JsonObject
            {
                ["host"] = values.Text("webUI", "ingress", "hostname"),
                ["http"] = new JsonObject
                {
                    ["paths"] = new JsonArray(new JsonObject
                    {
                        ["path"] = "/",
                        ["pathType"] = values.Text("webUI", "ingress", "pathType"),
                        ["backend"] = new JsonObject
                        {
                            ["service"] = new JsonObject { ["name"] = $"{_fullname}-scheduler", ["port"] = new JsonObject { ["number"] = values.Number("webUI", "servicePort") } },
                        },
                    }),
                },
            }),
        },
    };
}
