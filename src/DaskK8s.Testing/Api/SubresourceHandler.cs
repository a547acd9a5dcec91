using Microsoft.AspNetCore.Http;

namespace DaskK8s.Testing.Api;

/// <summary>Answers requests for a subresource that another room serves: logs and forwards of pods.</summary>
internal delegate Task SubresourceHandler(HttpContext context, RequestInfo info, CancellationToken stopping);
