using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

using DaskK8s.Kubernetes;

using k8s;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DaskK8s.Tests.Rigs.Kubernetes;

/// <summary>An API server that answers <c>/version</c> and echoes on an upgraded connection, and notes who asked.</summary>
internal sealed class KubeConfigTestServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, string?> _names = new();

    private KubeConfigTestServer(WebApplication app) => _app = app;

    public ConcurrentQueue<KubeConfigTestRequest> Requests { get; } = new();

    /// <summary>Gets or sets what decides on the status of a request.</summary>
    public Func<KubeConfigTestRequest, int> Judge { get; set; } = _ => 200;

    public Uri Uri { get; private set; } = null!;

    public static async Task<KubeConfigTestServer> StartAsync(X509Certificate2? certificate, X509Certificate2Collection? intermediates = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        KubeConfigTestServer? server = null;
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = certificate is null ? HttpProtocols.Http1 : HttpProtocols.Http1AndHttp2;
            if (certificate is not null)
            {
                listen.UseHttps(new Microsoft.AspNetCore.Server.Kestrel.Https.TlsHandshakeCallbackOptions
                {
                    OnConnection = context =>
                    {
                        server!._names[context.Connection.RemoteEndPoint!.ToString()!] = context.ClientHelloInfo.ServerName;
                        return ValueTask.FromResult(new SslServerAuthenticationOptions
                        {
                            ServerCertificateContext = SslStreamCertificateContext.Create(certificate, intermediates, offline: true),
                            ClientCertificateRequired = true,
                            RemoteCertificateValidationCallback = (_, _, _, _) => true,
                        });
                    },
                });
            }
        }));
        builder.WebHost.UseKestrelHttpsConfiguration();
        WebApplication app = builder.Build();
        server = new KubeConfigTestServer(app);
        app.Run(server.AnswerAsync);
        await app.StartAsync();
        server.Uri = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return server;
    }

    /// <summary>Creates an ordinary call and an upgrade, and checks that both came through.</summary>
    public async Task<(KubeConfigTestRequest Call, KubeConfigTestRequest Upgrade)> UseAsync(KubeConnection connection)
    {
        Requests.Clear();
        (await connection.Client.Version.GetCodeAsync(TestContext.Current.CancellationToken)).GitVersion.Should().Be("v1.2.3");
        await EchoAsync(connection);
        KubeConfigTestRequest call = Requests.Last(request => request.Path.EndsWith("/version/", StringComparison.Ordinal) || request.Path.EndsWith("/version", StringComparison.Ordinal));
        KubeConfigTestRequest upgrade = Requests.Last(request => request.Path.EndsWith("/echo", StringComparison.Ordinal));
        call.Protocol.Should().Be(Uri.Scheme == "https" ? "HTTP/2" : "HTTP/1.1");
        upgrade.Protocol.Should().Be("HTTP/1.1");
        return (call, upgrade);
    }

    public static async Task EchoAsync(KubeConnection connection)
    {
        await using Stream stream = await OpenEchoAsync(connection);
        await RoundTripAsync(stream);
    }

    public static async Task<Stream> OpenEchoAsync(KubeConnection connection)
    {
        using HttpRequestMessage request = KubeConnection.CreateUpgrade(HttpMethod.Post, "echo", "SPDY/3.1");
        HttpResponseMessage response = await connection.SendAsync(request, TestContext.Current.CancellationToken);
        response.StatusCode.Should().Be(HttpStatusCode.SwitchingProtocols);
        request.Headers.Authorization.Should().BeNull("an exception that holds the request must not show it");
        return await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
    }

    public static async Task RoundTripAsync(Stream stream)
    {
        byte[] sent = [.. Enumerable.Range(0, 5000).Select(value => (byte)value)];
        byte[] received = new byte[sent.Length];
        await stream.WriteAsync(sent, TestContext.Current.CancellationToken);
        await stream.FlushAsync(TestContext.Current.CancellationToken);
        await stream.ReadExactlyAsync(received, TestContext.Current.CancellationToken);
        received.Should().Equal(sent);
    }

    public async ValueTask DisposeAsync()
    {
        using CancellationTokenSource now = new();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        string peer = new IPEndPoint(context.Connection.RemoteIpAddress!, context.Connection.RemotePort).ToString();
        KubeConfigTestRequest request = new(
            context.Request.Path,
            context.Request.Protocol,
            context.Request.Headers.Authorization.FirstOrDefault(),
            context.Request.Host.Value!,
            _names.GetValueOrDefault(peer),
            context.Connection.ClientCertificate?.Subject,
            context.Connection.RemotePort,
            context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase));
        Requests.Enqueue(request);
        int status = Judge(request);
        if (status != 200)
        {
            context.Response.StatusCode = status;
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync($$"""{"kind":"Status","apiVersion":"v1","status":"Failure","code":{{status}}}""");
        }
        else if (request.Path.EndsWith("/echo", StringComparison.Ordinal))
        {
            context.Response.Headers.Upgrade = context.Request.Headers.Upgrade;
            await using Stream stream = await context.Features.Get<IHttpUpgradeFeature>()!.UpgradeAsync();
            await stream.CopyToAsync(stream, context.RequestAborted);
        }
        else
        {
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync("""{"major":"1","minor":"2","gitVersion":"v1.2.3","gitCommit":"","gitTreeState":"","buildDate":"","goVersion":"","compiler":"","platform":""}""");
        }
    }
}
