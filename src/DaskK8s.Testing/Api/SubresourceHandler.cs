using Microsoft.AspNetCore.Http;

namespace DaskK8s.Testing.Api;

/// <summary>Handles requests for a subresource of pods: logs or port-forwards.</summary>
internal delegate Task SubresourceHandler(HttpContext context, RequestInfo info, CancellationToken stopping);
