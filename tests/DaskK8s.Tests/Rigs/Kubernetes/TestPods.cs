using k8s.Models;

namespace DaskK8s.Tests.Rigs.Kubernetes;

/// <summary>Makes pods and Deployments as Kubernetes lists them.</summary>
internal static class TestPods
{
    public static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    public static V1Pod Pending(string name, string deployment = "d-worker", string hash = "5d7577cd8d") => new()
    {
        Metadata = new V1ObjectMeta
        {
            Name = name,
            Uid = $"uid-{name}",
            CreationTimestamp = Now.UtcDateTime,
            Labels = new Dictionary<string, string> { ["component"] = "worker", ["pod-template-hash"] = hash },
            OwnerReferences = [new V1OwnerReference { Kind = "ReplicaSet", Name = $"{deployment}-{hash}", Uid = $"uid-{deployment}-{hash}", Controller = true }],
        },
        Spec = new V1PodSpec
        {
            Containers =
            [
                new V1Container
                {
                    Name = "w",
                    Image = "daskdev/dask:2024.12.1",
                    Args = ["dask-worker", "d-scheduler:8786"],
                    Resources = new V1ResourceRequirements { Limits = new Dictionary<string, ResourceQuantity> { ["memory"] = new("512M") } },
                },
            ],
        },
        Status = new V1PodStatus { Phase = "Pending", Conditions = [] },
    };

    public static V1Pod Scheduled(string name, string deployment = "d-worker", string hash = "5d7577cd8d")
    {
        V1Pod pod = Pending(name, deployment, hash);
        pod.Spec.NodeName = "node-1";
        pod.Status.Conditions = [new V1PodCondition { Type = "PodScheduled", Status = "True" }];
        return pod;
    }

    public static V1Pod With(this V1Pod pod, V1ContainerState state, int restarts = 0, V1ContainerStateTerminated? last = null)
    {
        pod.Status.ContainerStatuses =
        [
            new V1ContainerStatus { Name = "w", Image = "daskdev/dask:2024.12.1", ContainerID = $"containerd://{restarts}", State = state, RestartCount = restarts, LastState = new V1ContainerState { Terminated = last } },
        ];
        return pod;
    }

    public static V1Pod Waiting(string name, string reason, string? message = null, int restarts = 0, V1ContainerStateTerminated? last = null) =>
        Scheduled(name).With(new V1ContainerState { Waiting = new V1ContainerStateWaiting { Reason = reason, Message = message } }, restarts, last);

    public static V1Pod Ready(string name, string ip, string deployment = "d-worker", string hash = "5d7577cd8d")
    {
        V1Pod pod = Scheduled(name, deployment, hash).With(new V1ContainerState { Running = new V1ContainerStateRunning { StartedAt = Now.UtcDateTime } });
        pod.Status.Phase = "Running";
        pod.Status.PodIP = ip;
        pod.Status.Conditions.Add(new V1PodCondition { Type = "ContainersReady", Status = "True" });
        pod.Status.Conditions.Add(new V1PodCondition { Type = "Ready", Status = "True", LastTransitionTime = Now.AddSeconds(-40).UtcDateTime });
        return pod;
    }

    public static V1Pod Condition(this V1Pod pod, string type, string status, string? reason = null, string? message = null)
    {
        pod.Status.Conditions = [.. pod.Status.Conditions.Where(c => c.Type != type), new V1PodCondition { Type = type, Status = status, Reason = reason, Message = message }];
        return pod;
    }

    public static V1Pod Terminating(this V1Pod pod, TimeSpan ago, long grace = 30)
    {
        pod.Metadata.DeletionTimestamp = (Now - ago).AddSeconds(grace).UtcDateTime;
        pod.Metadata.DeletionGracePeriodSeconds = grace;
        return pod;
    }

    public static V1Deployment Deployment(int replicas, string name = "d-worker", int? updated = null, long observed = 1) => new()
    {
        Metadata = new V1ObjectMeta { Name = name, Uid = $"uid-{name}", Generation = 1 },
        Spec = new V1DeploymentSpec { Replicas = replicas },
        Status = new V1DeploymentStatus { ObservedGeneration = observed, Replicas = updated ?? replicas, UpdatedReplicas = updated ?? replicas },
    };
}
