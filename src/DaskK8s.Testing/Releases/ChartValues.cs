using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using DaskK8s.Testing.Storage;

namespace DaskK8s.Testing.Releases;

/// <summary>The chart's default values and the user-supplied values.</summary>
internal static class ChartValues
{
    /// <summary>Returns the content of the chart's <c>values.yaml</c>.</summary>
    public static JsonObject Defaults(DaskRelease release)
    {
        JsonObject defaults = Newest(release);
        if (release.IsOldChart)
        {
            defaults.Remove("additional_worker_groups");
            defaults.Child("worker").Remove("custom_scheduler_url");
        }

        return defaults;
    }

    private static JsonObject Newest(DaskRelease release) => new()
    {
        ["additional_worker_groups"] = new JsonArray(),
        ["jupyter"] = new JsonObject
        {
            ["affinity"] = new JsonObject(),
            ["args"] = null,
            ["command"] = null,
            ["enabled"] = true,
            ["env"] = null,
            ["extraConfig"] = "# Extra configuration of Jupyter",
            ["image"] = Image("daskdev/dask-notebook", release.ChartVersion),
            ["ingress"] = new JsonObject { ["annotations"] = new JsonObject(), ["enabled"] = false, ["hostname"] = "dask-jupyter.example.com", ["pathType"] = "Prefix", ["tls"] = false },
            ["livenessProbe"] = new JsonObject(),
            ["mounts"] = new JsonObject(),
            ["name"] = "jupyter",
            ["nodeSelector"] = new JsonObject(),
            ["password"] = "sha1:none",
            ["passwordHint"] = "dask",
            ["rbac"] = true,
            ["readinessProbe"] = new JsonObject(),
            ["resources"] = new JsonObject(),
            ["securityContext"] = new JsonObject(),
            ["serviceAccountName"] = "dask-jupyter",
            ["servicePort"] = 80,
            ["serviceType"] = "ClusterIP",
            ["tolerations"] = new JsonArray(),
        },
        ["scheduler"] = new JsonObject
        {
            ["affinity"] = new JsonObject(),
            ["enabled"] = true,
            ["env"] = null,
            ["extraArgs"] = new JsonArray(),
            ["image"] = Image("daskdev/dask", release.ChartVersion),
            ["livenessProbe"] = new JsonObject(),
            ["loadBalancerIP"] = null,
            ["metrics"] = new JsonObject { ["enabled"] = false, ["serviceMonitor"] = new JsonObject { ["enabled"] = false, ["interval"] = "30s" } },
            ["name"] = "scheduler",
            ["nodeSelector"] = new JsonObject(),
            ["readinessProbe"] = new JsonObject(),
            ["replicas"] = 1,
            ["resources"] = new JsonObject(),
            ["securityContext"] = new JsonObject(),
            ["serviceAnnotations"] = new JsonObject(),
            ["servicePort"] = 8786,
            ["serviceType"] = "ClusterIP",
            ["tolerations"] = new JsonArray(),
        },
        ["webUI"] = new JsonObject
        {
            ["ingress"] = new JsonObject { ["annotations"] = new JsonObject(), ["enabled"] = false, ["hostname"] = "dask-ui.example.com", ["pathType"] = "Prefix", ["tls"] = false },
            ["name"] = "webui",
            ["servicePort"] = 80,
        },
        ["worker"] = new JsonObject
        {
            ["affinity"] = new JsonObject(),
            ["annotations"] = new JsonObject(),
            ["custom_scheduler_url"] = null,
            ["default_resources"] = new JsonObject { ["cpu"] = 1, ["memory"] = "4GiB" },
            ["env"] = null,
            ["extraArgs"] = new JsonArray(),
            ["image"] = WorkerImage(Image("daskdev/dask", release.ChartVersion)),
            ["livenessProbe"] = new JsonObject(),
            ["metrics"] = new JsonObject { ["enabled"] = false, ["podMonitor"] = new JsonObject { ["enabled"] = false, ["interval"] = "30s" } },
            ["mounts"] = new JsonObject(),
            ["name"] = "worker",
            ["nodeSelector"] = new JsonObject(),
            ["portDashboard"] = 8790,
            ["readinessProbe"] = new JsonObject(),
            ["replicas"] = 3,
            ["resources"] = new JsonObject(),
            ["securityContext"] = new JsonObject(),
            ["strategy"] = new JsonObject { ["type"] = "RollingUpdate" },
            ["tolerations"] = new JsonArray(),
        },
    };

    /// <summary>Returns the user-supplied values, as <c>helm get values</c> shows them.</summary>
    public static JsonObject Config(DaskRelease release)
    {
        JsonObject image = ImageOf(release.Image);
        JsonObject scheduler = new() { ["image"] = image.DeepClone() };
        JsonObject worker = new() { ["image"] = image.DeepClone(), ["resources"] = Resources(release.WorkerLimits, release.WorkerRequests) };
        JsonObject config = new() { ["jupyter"] = new JsonObject { ["enabled"] = release.Jupyter }, ["scheduler"] = scheduler, ["worker"] = worker };
        SetUnless(worker, "replicas", release.Workers, 3);
        if (release.WorkerComponent != "worker")
        {
            worker["name"] = release.WorkerComponent;
        }

        SetUnless(scheduler, "servicePort", release.SchedulerPort, 8786);
        SetText(config, "fullnameOverride", release.FullnameOverride);
        SetText(config, "nameOverride", release.NameOverride);
        SetText(worker, "custom_scheduler_url", release.CustomSchedulerUrl);
        if (release.ServiceType != "ClusterIP")
        {
            scheduler["serviceType"] = release.ServiceType;
        }

        if (!release.SchedulerEnabled)
        {
            scheduler["enabled"] = false;
        }

        if (release.SchedulerArgs.Count > 0)
        {
            scheduler["extraArgs"] = Texts(release.SchedulerArgs);
        }

        if (release.WorkerArgs.Count > 0)
        {
            worker["extraArgs"] = Texts(release.WorkerArgs);
        }

        if (release.WorkerCommand != "dask-worker")
        {
            worker.Child("image")["dask_worker"] = release.WorkerCommand;
        }

        if (release.Environment.Count > 0)
        {
            worker["env"] = Variables(release.Environment);
            scheduler["env"] = Variables(release.Environment);
        }

        if (release.DashboardPort != 80)
        {
            config.Child("webUI")["servicePort"] = release.DashboardPort;
        }

        if (release.IngressHost is { } host)
        {
            JsonObject ingress = config.Child("webUI", "ingress");
            ingress["enabled"] = true;
            ingress["hostname"] = host;
        }

        if (release.Groups.Count > 0)
        {
            config["additional_worker_groups"] = new JsonArray([.. release.Groups.Select(group => (JsonNode)Group(release, group))]);
        }

        if (release.Padding > 0)
        {
            config["padding"] = Convert.ToBase64String(RandomNumberGenerator.GetBytes(release.Padding * 3 / 4));
        }

        return config;
    }

    /// <summary>Returns the defaults of the release's own chart, including those of its subcharts.</summary>
    public static JsonObject AllDefaults(DaskRelease release) => Nest(release, Defaults);

    /// <summary>Returns the user's values for the release's own chart.</summary>
    public static JsonObject AllConfig(DaskRelease release) => Nest(release, Config);

    /// <summary>Returns the objects of all instances of the chart, each with the folder of its template.</summary>
    public static IReadOnlyList<ManifestPart> AllParts(DaskRelease release) =>
    [
        .. release.All.SelectMany(instance => new Manifest(instance, Merge(Defaults(instance), Config(instance))).Parts().Select(part => part with
        {
            Folder = instance.Subchart.Count == 0 ? instance.ChartName : string.Join("/charts/", instance.Subchart.Prepend(instance.UmbrellaName)),
        })),
    ];

    private static JsonObject Nest(DaskRelease release, Func<DaskRelease, JsonObject> values)
    {
        JsonObject all = [];
        foreach (DaskRelease instance in release.All)
        {
            JsonObject own = values(instance);
            JsonObject place = all.Child([.. instance.Subchart]);
            foreach ((string key, JsonNode? value) in own)
            {
                place[key] = value?.DeepClone();
            }
        }

        return all;
    }

    /// <summary>Merges values as Helm does: a null deletes, lists are replaced.</summary>
    public static JsonObject Merge(JsonObject defaults, JsonObject config) =>
        (JsonObject)Patching.MergePatch.Apply(defaults.DeepClone(), config)!;

    /// <summary>Merges a group's values with the worker's as the chart does: empty values of the group (a zero, an empty map) are taken from the worker.</summary>
    public static JsonObject MergeUnder(JsonObject group, JsonObject worker)
    {
        JsonObject merged = group.CloneObject();
        foreach ((string name, JsonNode? value) in worker)
        {
            if (merged[name] is JsonObject mine && value is JsonObject theirs)
            {
                merged[name] = MergeUnder(mine, theirs);
            }
            else if (IsEmpty(merged[name]))
            {
                merged[name] = value?.DeepClone();
            }
        }

        return merged;
    }

    private static bool IsEmpty(JsonNode? value) => value switch
    {
        null => true,
        JsonObject map => map.Count == 0,
        JsonArray list => list.Count == 0,
        _ => value.ToJsonString() is "0" or "false" or "\"\"",
    };

    private static JsonObject Group(DaskRelease release, DaskReleaseGroup group)
    {
        JsonObject json = new() { ["name"] = group.Name, ["replicas"] = group.Replicas };
        List<string> arguments = [.. group.ExtraArgs];
        if (group.DaskResources is { } resources)
        {
            arguments.AddRange(["--resources", resources]);
        }

        if (arguments.Count > 0)
        {
            json["extraArgs"] = Texts(arguments);
        }

        if (group.Limits.Count > 0 || group.Requests.Count > 0)
        {
            json["resources"] = Resources(Over(release.WorkerLimits, group.Limits), Over(release.WorkerRequests, group.Requests));
        }

        if (group.Image is { } image)
        {
            json["image"] = ImageOf(image);
        }

        if (group.WorkerCommand is { } command)
        {
            json.Child("image")["dask_worker"] = command;
        }

        SetText(json, "custom_scheduler_url", group.CustomSchedulerUrl);
        if (group.NodeSelector.Count > 0)
        {
            json["nodeSelector"] = new JsonObject(group.NodeSelector.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value)));
        }

        if (group.ToleratesGpuTaint)
        {
            json["tolerations"] = new JsonArray(new JsonObject { ["key"] = "nvidia.com/gpu", ["operator"] = "Exists", ["effect"] = "NoSchedule" });
        }

        return json;
    }

    private static Dictionary<string, string> Over(IReadOnlyDictionary<string, string> under, IReadOnlyDictionary<string, string> over)
    {
        Dictionary<string, string> merged = new(under);
        foreach ((string name, string value) in over)
        {
            merged[name] = value;
        }

        return merged;
    }

    private static JsonObject Resources(IReadOnlyDictionary<string, string> limits, IReadOnlyDictionary<string, string> requests)
    {
        JsonObject resources = [];
        foreach ((string side, IReadOnlyDictionary<string, string> amounts) in ((string, IReadOnlyDictionary<string, string>)[])[("limits", limits), ("requests", requests)])
        {
            if (amounts.Count > 0)
            {
                resources[side] = new JsonObject(amounts.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)Amount(pair.Value))));
            }
        }

        return resources;
    }

    /// <summary>Writes a whole number as a number, as users do.</summary>
    private static JsonValue Amount(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? JsonValue.Create(number) : JsonValue.Create(text);

    private static JsonArray Texts(IEnumerable<string> texts) => [.. texts.Select(text => (JsonNode)text)];

    private static JsonArray Variables(IReadOnlyDictionary<string, string> variables) =>
        [.. variables.Select(pair => new JsonObject { ["name"] = pair.Key, ["value"] = pair.Value })];

    private static JsonObject Image(string repository, string tag) => new() { ["pullPolicy"] = "IfNotPresent", ["pullSecrets"] = null, ["repository"] = repository, ["tag"] = tag };

    private static JsonObject WorkerImage(JsonObject image)
    {
        image["dask_worker"] = "dask-worker";
        return image;
    }

    private static JsonObject ImageOf(string image)
    {
        int colon = image.LastIndexOf(':');
        return colon > image.LastIndexOf('/')
            ? new JsonObject { ["repository"] = image[..colon], ["tag"] = image[(colon + 1)..] }
            : new JsonObject { ["repository"] = image, ["tag"] = "latest" };
    }

    private static void SetUnless(JsonObject map, string name, int value, int usual)
    {
        if (value != usual)
        {
            map[name] = value;
        }
    }

    private static void SetText(JsonObject map, string name, string? value)
    {
        if (value is not null)
        {
            map[name] = value;
        }
    }
}
