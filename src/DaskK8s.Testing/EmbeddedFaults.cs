using DaskK8s.Testing.Api;
using DaskK8s.Testing.Controllers;
using DaskK8s.Testing.Forwarding;
using DaskK8s.Testing.Storage;

namespace DaskK8s.Testing;

/// <summary>Injects faults into an <see cref="EmbeddedCluster"/>. Disposing a returned <see cref="IDisposable"/> removes the fault.</summary>
public sealed class EmbeddedFaults
{
    private readonly ObjectStore _store;
    private readonly HttpFaults _http;
    private readonly PodFaults _pods;
    private readonly ForwardFaults _forwards;
    private readonly ListHandler _lists;
    private readonly WatchHandler _watches;
    private readonly Accounts _accounts;
    private readonly ApiServer _server;

    internal EmbeddedFaults(ObjectStore store, HttpFaults http, PodFaults pods, ForwardFaults forwards, ListHandler lists, WatchHandler watches, Accounts accounts, ApiServer server) =>
        (_store, _http, _pods, _forwards, _lists, _watches, _accounts, _server) = (store, http, pods, forwards, lists, watches, accounts, server);

    /// <summary>Injects a fault into requests: a delay, an error response, a reset connection.</summary>
    /// <param name="fault">The affected requests, and the fault.</param>
    /// <returns>An object that removes the fault when it is disposed.</returns>
    public IDisposable AddHttp(HttpFault fault) => _http.Add(fault);

    /// <summary>Injects a fault into pods: when they start next, or at once for <see cref="PodFault.NeverReady"/> and <see cref="PodFault.NodeLost"/>.</summary>
    /// <param name="fault">The fault.</param>
    /// <param name="selector">The affected pods; all by default.</param>
    /// <param name="exitCode">The exit code of <see cref="PodFault.CrashLoop"/>.</param>
    /// <returns>An object that removes the fault when it is disposed.</returns>
    public IDisposable AddPods(PodFault fault, PodSelector? selector = null, int exitCode = 1) => _pods.Add(fault, selector ?? new PodSelector(), exitCode);

    /// <summary>Discards the history: a watch or list page from an earlier version fails with 410 Gone.</summary>
    public void ForgetHistory()
    {
        _store.Compact();
        _lists.Expire();
    }

    /// <summary>Ends all open watches with a 410 error event, and discards the history.</summary>
    public void ExpireWatches()
    {
        ForgetHistory();
        _watches.Expire();
    }

    /// <summary>Stops sending on all open watches without closing them: the silent stall that clients have to detect.</summary>
    /// <returns>An object that resumes the watches when it is disposed.</returns>
    public IDisposable StallWatches() => _watches.Stall();

    /// <summary>Cuts all open port-forwards.</summary>
    /// <param name="midFrame">Whether to send an incomplete frame first.</param>
    /// <returns>The number of port-forwards that were open.</returns>
    public int CutPortForwards(bool midFrame = false) => _forwards.Cut(midFrame);

    /// <summary>Revokes a user's tokens: further requests fail with 401.</summary>
    /// <param name="user">The user's name; <c>kubernetes-admin</c> is the user of <see cref="EmbeddedCluster.Kubeconfig"/>.</param>
    public void RevokeTokens(string user) => _accounts.RevokeUser(user);

    /// <summary>Stops the API server and resets its connections; pods keep running.</summary>
    /// <returns>A task that completes when the server is down.</returns>
    public Task StopServerAsync() => _server.StopAsync();

    /// <summary>Restarts the API server on the same port.</summary>
    /// <param name="cancellationToken">Cancels the start.</param>
    /// <returns>A task that completes when the server is up.</returns>
    public Task StartServerAsync(CancellationToken cancellationToken = default) => _server.StartAsync(cancellationToken);
}
