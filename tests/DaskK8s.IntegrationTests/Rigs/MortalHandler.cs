namespace DaskK8s.IntegrationTests.Rigs;

/// <summary>Lets a client die on a request: before it is sent, or after the server has done what it asks and before the client hears of it. The dead send nothing.</summary>
internal sealed class MortalHandler(Func<HttpRequestMessage, MortalHandler.Death> fate) : DelegatingHandler
{
    public enum Death
    {
        /// <summary>The client lives on.</summary>
        None,

        /// <summary>The request is never sent.</summary>
        Before,

        /// <summary>The request is done, and nobody hears of it.</summary>
        After,
    }

    /// <summary>Gets whether the client has died.</summary>
    public bool IsDead { get; private set; }

    /// <summary>Gets whether a request removes what this library owns of a Deployment.</summary>
    public static bool IsGiveBack(HttpRequestMessage request) => request.Method == HttpMethod.Patch
        && request.Content?.Headers.ContentType?.MediaType == "application/json-patch+json" && request.RequestUri!.Query.Contains("fieldManager=daskk8s", StringComparison.Ordinal);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Death death = IsDead ? Death.Before : fate(request);
        if (death == Death.Before)
        {
            IsDead = true;
            throw new ClientDiedException();
        }

        HttpResponseMessage response = await base.SendAsync(request, cancellationToken);
        if (death == Death.None)
        {
            return response;
        }

        IsDead = true;
        response.Dispose();
        throw new ClientDiedException();
    }

    /// <summary>What a dead client throws: the library knows nothing of it, so it tidies nothing up.</summary>
    internal sealed class ClientDiedException : Exception;
}
