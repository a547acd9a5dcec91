using DaskK8s.Groups;
using DaskK8s.Scaling;
using DaskK8s.Scaling.Ownership;

using k8s.Models;

namespace DaskK8s.WorkerGroups;

/// <summary>Compares the groups with the replicas that the next <c>helm upgrade</c> would set.</summary>
internal static class DriftReader
{
    /// <summary>Returns the groups that differ, or whose field an interrupted client still owns.</summary>
    public static IReadOnlyList<WorkerGroupDrift> Read(IReadOnlyList<WorkerGroup> groups, WorkloadSnapshot snapshot)
    {
        List<WorkerGroupDrift> drift = [];
        foreach (WorkerGroup group in groups)
        {
            V1Deployment? deployment = snapshot.FindDeployment(group.DeploymentName);
            if (group.Deployed is { } deployed && (deployed != group.Desired || (deployment is not null && FieldGiveBack.IsOurs(deployment.Metadata))))
            {
                drift.Add(new WorkerGroupDrift
                {
                    WorkerGroup = group.Name,
                    Live = group.Desired,
                    Deployed = deployed,
                    Declared = group.Declared,
                    ConflictsWith = deployment is null ? [] : FindHolders(deployment),
                });
            }
        }

        return drift;
    }

    /// <summary>Returns the field managers with which an upgrade to a different number would conflict.</summary>
    private static IReadOnlyList<string> FindHolders(V1Deployment deployment)
    {
        V1ManagedFieldsEntry[] entries = [.. deployment.Metadata.ManagedFields ?? []];
        bool isApplied = entries.Any(static e => e.Operation == FieldEntry.Apply);
        return
        [
            .. entries.Where(e => e.Operation != FieldEntry.Apply && FieldEntry.OwnsReplicasIn(e.FieldsV1) && (isApplied || e.Manager == Scaler.FieldManager))
                .Select(static e => e.Manager).Distinct(StringComparer.Ordinal),
        ];
    }
}
