using DaskK8s.Common;

using k8s.Models;

namespace DaskK8s.Groups;

/// <summary>The origin of a release's objects, as far as they show it.</summary>
/// <param name="ManagedBy">The tool that manages them, or null if unknown.</param>
/// <param name="IsGitOps">Whether a GitOps tool syncs them with its source, so that other changes are reverted or overwritten.</param>
/// <param name="IsHelm">Whether Helm marked them as part of a release.</param>
/// <param name="RecordNamespace">The namespace of Helm's record, if the objects name it.</param>
internal sealed record ReleaseOrigin(string? ManagedBy, bool IsGitOps, bool IsHelm, string? RecordNamespace)
{
    public const string ReleaseNameAnnotation = "meta.helm.sh/release-name";
    private const string ReleaseNamespaceAnnotation = "meta.helm.sh/release-namespace";
    private const string ArgoTracking = "argocd.argoproj.io/tracking-id";
    private const string ArgoInstance = "argocd.argoproj.io/instance";
    private const string FluxHelm = "helm.toolkit.fluxcd.io/";
    private const string FluxKustomize = "kustomize.toolkit.fluxcd.io/";
    private const string OurManager = "daskk8s";
    private const string LastApplied = "kubectl.kubernetes.io/last-applied-configuration";
    private const string ManagedByLabel = "app.kubernetes.io/managed-by";

    /// <summary>Gets the likely reasons why Helm has no record, for a limitation.</summary>
    public string WhyNoRecord => this switch
    {
        { IsGitOps: true } => $"{ManagedBy} renders the chart and applies it",
        { IsHelm: true } => "Helm keeps it in an SQL database (HELM_DRIVER=sql), or it was deleted",
        { ManagedBy: { } by } => $"the chart was rendered ('helm template') and applied with {by}",
        _ => "likely causes are Argo CD, 'helm template' with 'kubectl apply', or Helm's SQL driver (HELM_DRIVER=sql)",
    };

    /// <summary>Gets why <c>helm upgrade</c> must not be used to change the release, or null if it can be.</summary>
    /// <param name="hasRecord">Whether Helm's record was read, or might exist but cannot be read.</param>
    public string? UpgradeObstacle(bool hasRecord) => this switch
    {
        { IsGitOps: true } => $"{ManagedBy} manages it and would undo or overwrite the change. Change the values in its source.",
        { IsHelm: false } when !hasRecord => $"Helm has no record of it ({WhyNoRecord}). Render the chart with the new values and apply it as it was applied before.",
        _ => null,
    };

    public static ReleaseOrigin Of(IEnumerable<V1ObjectMeta> objects)
    {
        ReleaseOrigin origin = new(null, false, false, null);
        foreach (V1ObjectMeta metadata in objects)
        {
            IDictionary<string, string> labels = metadata.Labels ?? new Dictionary<string, string>();
            IDictionary<string, string> notes = metadata.Annotations ?? new Dictionary<string, string>();
            if (notes.TryGetValue(ReleaseNameAnnotation, out _))
            {
                origin = origin with { IsHelm = true, RecordNamespace = origin.RecordNamespace ?? (notes.TryGetValue(ReleaseNamespaceAnnotation, out string? at) ? at : null) };
            }

            if (origin.IsGitOps)
            {
                continue;
            }

            if (Named(labels, FluxHelm) is { } helmRelease)
            {
                origin = origin with { ManagedBy = $"Flux (HelmRelease {helmRelease.Text})", IsGitOps = true, RecordNamespace = helmRelease.Namespace ?? origin.RecordNamespace };
            }
            else if (Named(labels, FluxKustomize) is { } kustomization)
            {
                origin = origin with { ManagedBy = $"Flux (Kustomization {kustomization.Text})", IsGitOps = true };
            }
            else if (ApplicationOf(labels, notes) is { } application)
            {
                origin = origin with { ManagedBy = $"Argo CD (application {application})", IsGitOps = true };
            }
            else if (metadata.ManagedFields?.Any(static f => f.Manager?.StartsWith("argocd", StringComparison.Ordinal) == true) == true)
            {
                origin = origin with { ManagedBy = "Argo CD", IsGitOps = true };
            }
            else if (origin.IsHelm || (labels.TryGetValue(ManagedByLabel, out string? by) && by == "Helm"))
            {
                origin = origin with { ManagedBy = "Helm", IsHelm = true };
            }
            else
            {
                origin = origin with { ManagedBy = origin.ManagedBy ?? ToolOf(metadata, labels, notes) };
            }
        }

        return origin;
    }

    /// <summary>Returns the tool that applied an object: the one that it names, else kubectl, else the server-side apply manager.</summary>
    private static string? ToolOf(V1ObjectMeta metadata, IDictionary<string, string> labels, IDictionary<string, string> notes) =>
        labels.TryGetValue(ManagedByLabel, out string? by) && by.Length > 0 ? Words.OneLine(by)
        : notes.ContainsKey(LastApplied) ? "kubectl"
        : metadata.ManagedFields?.FirstOrDefault(static f => f is { Operation: "Apply", Manager.Length: > 0 } && f.Manager != OurManager)?.Manager;

    private static string? ApplicationOf(IDictionary<string, string> labels, IDictionary<string, string> notes) =>
        notes.TryGetValue(ArgoTracking, out string? tracking) && tracking.Length > 0 ? tracking.Split(':')[0]
        : labels.TryGetValue(ArgoInstance, out string? instance) && instance.Length > 0 ? instance
        : null;

    private static (string Text, string? Namespace)? Named(IDictionary<string, string> labels, string prefix) => !labels.TryGetValue(prefix + "name", out string? name)
        ? null
        : labels.TryGetValue(prefix + "namespace", out string? @namespace) ? ($"{@namespace}/{name}", @namespace) : (name, null);
}
