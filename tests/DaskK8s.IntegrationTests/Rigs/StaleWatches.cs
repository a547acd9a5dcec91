using System.Collections.Concurrent;
using System.Text.RegularExpressions;

namespace DaskK8s.IntegrationTests.Rigs;

/// <summary>Lets the first watch of each collection begin at an old version, as after a long silence, and sees what the server says to that.</summary>
public sealed partial class StaleWatches : DelegatingHandler
{
    private readonly ConcurrentDictionary<string, bool> _done = new(StringComparer.Ordinal);
    private volatile string? _version;
    private int _expired;

    /// <summary>Gets how many watches were told that their version is gone.</summary>
    public int Expired => _expired;

    /// <summary>Begins with the watches that are opened from now on.</summary>
    public void Begin(string version) => _version = version;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Uri uri = request.RequestUri!;
        if (_version is not { } version || !uri.Query.Contains("watch=true", StringComparison.Ordinal) || !_done.TryAdd(uri.AbsolutePath, true))
        {
            return await base.SendAsync(request, cancellationToken);
        }

        request.RequestUri = new Uri(ResourceVersion().Replace(uri.AbsoluteUri, $"resourceVersion={version}"));
        HttpResponseMessage response = await base.SendAsync(request, cancellationToken);

        // One event, and the server ends the watch; a server that knew the version would leave it open, and the test would end here.
        await response.Content.LoadIntoBufferAsync(cancellationToken);
        string body = await response.Content.ReadAsStringAsync(cancellationToken);
        if (body.Contains("\"code\":410", StringComparison.Ordinal))
        {
            Interlocked.Increment(ref _expired);
        }

        return response;
    }

    [GeneratedRegex("resourceVersion=[^&]*")]
    private static partial Regex ResourceVersion();
}
