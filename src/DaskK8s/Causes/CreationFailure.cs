using System.Text.RegularExpressions;

using DaskK8s.Common;

using k8s.Models;

namespace DaskK8s.Causes;

/// <summary>Determines why Kubernetes does not create a group's pods.</summary>
internal static partial class CreationFailure
{
    /// <summary>Reads the Deployment's ReplicaFailure condition, which mirrors its ReplicaSet's; only the Deployment must be readable.</summary>
    public static PodCause? Of(V1Deployment deployment, string group) =>
        deployment.Status?.Conditions?.FirstOrDefault(static c => c is { Type: "ReplicaFailure", Status: "True" }) is { } failure
            ? Explain(failure.Message, group)
            : null;

    /// <summary>Describes the message of a failed creation.</summary>
    public static PodCause Explain(string? message, string group)
    {
        string said = Words.OneLine(message, 600);
        Match quota = Quota().Match(said);
        if (quota.Success)
        {
            return new PodCause(null, group, PodCauseKind.QuotaExceeded,
                $"the quota {quota.Groups["name"].Value} is used up: another pod needs {quota.Groups["requested"].Value}; used {quota.Groups["used"].Value} of {quota.Groups["limited"].Value}");
        }

        return said.Contains("exceeded quota", StringComparison.Ordinal)
            ? new PodCause(null, group, PodCauseKind.QuotaExceeded, $"a quota is used up: {said}")
            : new PodCause(null, group, PodCauseKind.NotCreated, $"Kubernetes cannot create its pods{Words.Tail(said, 600)}");
    }

    [GeneratedRegex(@"exceeded quota: (?<name>[^,]+), requested: (?<requested>.+?), used: (?<used>.+?), limited: (?<limited>.+)$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Quota();
}
