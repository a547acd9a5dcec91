using DaskK8s.Kubernetes;
using DaskK8s.Scaling;

using k8s;
using k8s.Models;

namespace DaskK8s.Adaptive;

/// <summary>A Kubernetes Lease that only one loop can hold at a time.</summary>
/// <remarks>
/// The holder renews the lease. Another loop takes it over when, by its own clock, the lease was not renewed for its duration. The clocks
/// of two machines are never compared. If leases are forbidden, the loop runs without one.
/// </remarks>
internal sealed class ReleaseLease(KubeRequests requests, string release, TimeSpan duration)
{
    private readonly string _name = $"{release.Replace('.', '-')}-daskk8s-adaptive";
    private readonly string _holder = $"{Environment.MachineName}-{Environment.ProcessId}-{Guid.NewGuid().ToString("n")[..8]}";
    private (string? Version, long Since)? _seen;
    private bool _isForbidden;
    private bool _isHeld;

    private TimeProvider Time => requests.TimeProvider;

    private string Namespace => requests.Connection.Namespace;

    /// <summary>Acquires or renews the lease.</summary>
    /// <returns>Null if this loop holds the lease; otherwise the holder.</returns>
    public async Task<string?> TryHoldAsync(CancellationToken cancellationToken)
    {
        if (_isForbidden)
        {
            return null;
        }

        try
        {
            return await HoldAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (KubernetesForbiddenException e)
        {
            _isForbidden = true;
            AdaptiveLog.LeaseForbidden(requests.Logger, e.Message);
            return null;
        }
        catch (KubernetesConflictException)
        {
            _isHeld = false;
            return "another loop, which was faster";
        }
    }

    /// <summary>Releases the lease, so that another loop can acquire it at once.</summary>
    public async Task ReleaseAsync(CancellationToken cancellationToken)
    {
        if (!_isHeld || await ReadAsync(cancellationToken).ConfigureAwait(false) is not { } lease || lease.Spec?.HolderIdentity != _holder)
        {
            return;
        }

        lease.Spec.HolderIdentity = "";
        await ReplaceAsync(lease, cancellationToken).ConfigureAwait(false);
        _isHeld = false;
    }

    private async Task<string?> HoldAsync(CancellationToken cancellationToken)
    {
        V1Lease? lease = await ReadAsync(cancellationToken).ConfigureAwait(false);
        if (lease is null)
        {
            V1Lease made = new() { Metadata = new V1ObjectMeta { Name = _name }, Spec = new V1LeaseSpec() };
            Fill(made.Spec);
            await requests.RunOnceAsync(
                new KubernetesApiCall("create", "leases", "coordination.k8s.io", Namespace),
                (client, ct) => client.CoordinationV1.CreateNamespacedLeaseAsync(made, Namespace, fieldManager: Scaler.FieldManager, cancellationToken: ct),
                cancellationToken).ConfigureAwait(false);
            return Taken();
        }

        V1LeaseSpec spec = lease.Spec ??= new V1LeaseSpec();
        if (spec.HolderIdentity != _holder && !string.IsNullOrEmpty(spec.HolderIdentity))
        {
            if (_seen?.Version != lease.Metadata.ResourceVersion)
            {
                _seen = (lease.Metadata.ResourceVersion, Time.GetTimestamp());
            }

            TimeSpan patience = TimeSpan.FromSeconds(spec.LeaseDurationSeconds ?? duration.TotalSeconds);
            if (Time.GetElapsedTime(_seen.Value.Since) < patience)
            {
                _isHeld = false;
                return spec.HolderIdentity;
            }
        }

        Fill(spec);
        await ReplaceAsync(lease, cancellationToken).ConfigureAwait(false);
        return Taken();
    }

    private string? Taken()
    {
        if (!_isHeld)
        {
            AdaptiveLog.LeaseTaken(requests.Logger, _name, _holder);
        }

        _isHeld = true;
        return null;
    }

    private void Fill(V1LeaseSpec spec)
    {
        DateTime now = Time.GetUtcNow().UtcDateTime;
        spec.LeaseTransitions = spec.HolderIdentity == _holder ? spec.LeaseTransitions : (spec.LeaseTransitions ?? 0) + 1;
        spec.AcquireTime = spec.HolderIdentity == _holder ? spec.AcquireTime : now;
        spec.HolderIdentity = _holder;
        spec.RenewTime = now;
        spec.LeaseDurationSeconds = (int)Math.Ceiling(duration.TotalSeconds);
    }

    private async Task<V1Lease?> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await requests.RunAsync(
                new KubernetesApiCall("get", "leases", "coordination.k8s.io", Namespace, _name),
                (client, ct) => client.CoordinationV1.ReadNamespacedLeaseAsync(_name, Namespace, cancellationToken: ct),
                cancellationToken).ConfigureAwait(false);
        }
        catch (KubernetesNotFoundException)
        {
            return null;
        }
    }

    private Task<V1Lease> ReplaceAsync(V1Lease lease, CancellationToken cancellationToken) => requests.RunOnceAsync(
        new KubernetesApiCall("update", "leases", "coordination.k8s.io", Namespace, _name),
        (client, ct) => client.CoordinationV1.ReplaceNamespacedLeaseAsync(lease, _name, Namespace, fieldManager: Scaler.FieldManager, cancellationToken: ct),
        cancellationToken);
}
