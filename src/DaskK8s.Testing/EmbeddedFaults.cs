using DaskK8s.Testing.Api;
using DaskK8s.Testing.Controllers;
using DaskK8s.Testing.Forwarding;
using DaskK8s.Testing.Storage;

namespace DaskK8s.Testing;

/// <summary>Makes things go wrong in an <see cref="EmbeddedCluster"/>. A fault that gives an <see cref="IDisposable"/> is lifted by disposing it.</summary>
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

    /// <summary>Hits requests: delays them, answers them with an error, resets their connections.</summary>
    /// <param name="fault">Which requests, and what happens to them.</param>
    /// <returns>Lifts the fault when disposed.</returns>
    public IDisposable AddHttp(HttpFault fault) => _http.Add(fault);

    /// <summary>Hits pods; those that run are hit when they start again, except by <see cref="PodFault.NeverReady"/> and <see cref="PodFault.NodeLost"/>, which hit at once.</summary>
    /// <param name="fault">What goes wrong.</param>
    /// <param name="selector">Which pods; all by default.</param>
    /// <param name="exitCode">The exit code of <see cref="PodFault.CrashLoop"/>.</param>
    /// <returns>Lifts the fault when disposed.</returns>
    public IDisposable AddPods(PodFault fault, PodSelector? selector = null, int exitCode = 1) => _pods.Add(fault, selector ?? new PodSelector(), exitCode);

    /// <summary>Forgets the history: a watch or a list page from before now is told 410 Gone.</summary>
    public void ForgetHistory()
    {
        _store.Compact();
        _lists.Expire();
    }

    /// <summary>Ends all open watches with an error event 410, and forgets the history.</summary>
    public void ExpireWatches()
    {
        ForgetHistory();
        _watches.Expire();
    }

    /// <summary>Stops sending on all open watches, without closing them, until disposed: the silent stall that clients have to notice.</summary>
    /// <returns>Lets the watches go on when disposed.</returns>
    public IDisposable StallWatches() => _watches.Stall();

    /// <summary>Cuts all open port-forwards.</summary>
    /// <param name="midFrame">Whether the beginning of a frame is sent first.</param>
    /// <returns>How many were open.</returns>
    public int CutPortForwards(bool midFrame = false) => _forwards.Cut(midFrame);

    /// <summary>Takes a user's tokens away: further requests are told 401.</summary>
    /// <param name="user">The user's name; <c>kubernetes-admin</c> is the one of <see cref="EmbeddedCluster.Kubeconfig"/>.</param>
    public void RevokeTokens(string user) => _accounts.RevokeUser(user);

    /// <summary>Stops the API server and resets its connections; pods go on.</summary>
    /// <returns>A task that ends when the server is down.</returns>
    public Task StopServerAsync() => _server.StopAsync();

    /// <summary>Starts the API server again on the same port.</summary>
    /// <param name="cancellationToken">Cancels the start.</param>
    /// <returns>A task that ends when the server is up.</returns>
    public Task StartServerAsync(CancellationToken cancellationToken = default) => _server.StartAsync(cancellationToken);
}
