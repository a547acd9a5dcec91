using System.Net;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text.Json;

using DaskK8s.Hosting.Tests.Rigs;
using DaskK8s.Testing;
using DaskK8s.Tests.Rigs;

namespace DaskK8s.Hosting.Tests;

/// <summary>Calls the sample web API over HTTP, against real Dask on an embedded cluster.</summary>
public sealed class WebApiTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task WebApi_ClusterIsThere_ComputesStreamsAndIsHealthy()
    {
        await using Release release = await Release.StartAsync(Token, processes: true, new DaskRelease { Workers = 1 });
        await using WebServer server = await StartAsync(release.Kubernetes.KubeconfigPath);

        (await server.Client.GetFromJsonAsync<long>("/squares/12", Token)).Should().Be(144);

        using HttpResponseMessage streamed = await server.Client.GetAsync("/sum-of-squares?count=10", HttpCompletionOption.ResponseHeadersRead, Token);
        streamed.Content.Headers.ContentType!.MediaType.Should().Be("text/event-stream");
        List<JsonElement> steps = [];
        await foreach (SseItem<JsonElement> item in SseParser
            .Create(await streamed.Content.ReadAsStreamAsync(Token), static (_, data) => JsonSerializer.Deserialize<JsonElement>(data)).EnumerateAsync(Token))
        {
            item.EventType.Should().Be("step");
            steps.Add(item.Data);
        }

        steps.Select(static s => s.GetProperty("done").GetInt32()).Should().Equal(Enumerable.Range(1, 10));
        steps[^1].GetProperty("sum").GetInt64().Should().Be(385);

        await Poll.UntilAsync(async () => (await HealthAsync(server)).Status == "Healthy");
        (await server.Client.GetAsync("/sum-of-squares?count=0", Token)).StatusCode.Should().Be(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task WebApi_RestartedWhileAJobRuns_FindsItByItsName()
    {
        await using Release release = await Release.StartAsync(Token, processes: true, new DaskRelease { Workers = 1 });
        Uri job;
        await using (WebServer first = await StartAsync(release.Kubernetes.KubeconfigPath))
        {
            using HttpResponseMessage begun = await first.Client.PostAsync("/jobs?count=100", null, Token);
            begun.StatusCode.Should().Be(HttpStatusCode.Accepted);
            job = begun.Headers.Location!;
            (await first.Client.PostAsync("/jobs?count=0", null, Token)).StatusCode.Should().Be(HttpStatusCode.BadRequest);
        }

        await using WebServer second = await StartAsync(release.Kubernetes.KubeconfigPath);
        (await second.Client.GetFromJsonAsync<string[]>("/jobs", Token)).Should().Equal(job.ToString().Split('/')[^1]);
        await Poll.UntilAsync(async () =>
        {
            using HttpResponseMessage answer = await second.Client.GetAsync(job, Token);
            return answer.StatusCode == HttpStatusCode.OK;
        });

        (await second.Client.GetFromJsonAsync<JsonElement>(job, Token)).GetProperty("sum").GetInt64().Should().Be(338350);
        (await second.Client.DeleteAsync(job, Token)).StatusCode.Should().Be(HttpStatusCode.NoContent);
        (await second.Client.GetAsync(job, Token)).StatusCode.Should().Be(HttpStatusCode.NotFound);
        (await second.Client.DeleteAsync(job, Token)).StatusCode.Should().Be(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task WebApi_ClusterAwayAndBack_Answers503WithTheReasonUntilItIsThere()
    {
        await using EmbeddedCluster kubernetes = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { DaskProcesses = true }, Token);
        await using WebServer server = await StartAsync(kubernetes.KubeconfigPath);

        foreach (string path in (string[])["/squares/3", "/sum-of-squares?count=3"])
        {
            using HttpResponseMessage away = await server.Client.GetAsync(path, Token);
            away.StatusCode.Should().Be(HttpStatusCode.ServiceUnavailable);
            away.Headers.RetryAfter!.Delta.Should().BeGreaterThan(TimeSpan.Zero);
            JsonElement problem = await away.Content.ReadFromJsonAsync<JsonElement>(Token);
            problem.GetProperty("detail").GetString().Should().StartWith("The Dask cluster \"dask\" is not available: ");
        }

        (await HealthAsync(server)).Should().Match<(string Status, string Description)>(static h => h.Status == "Unhealthy" && h.Description.Contains("is not available"));

        using k8s.Kubernetes client = kubernetes.CreateClient();
        await new DaskRelease { Workers = 1 }.InstallAsync(client, Token);
        await Poll.UntilAsync(
            async () =>
            {
                using HttpResponseMessage answer = await server.Client.GetAsync("/squares/3", Token);
                return answer.IsSuccessStatusCode;
            },
            90);
        server.Output.Should().NotContain("crit:");
    }

    private static Task<WebServer> StartAsync(string kubeconfig) => WebServer.StartAsync(
        Token, "--DaskK8s:dask:KubeconfigPath", kubeconfig, "--DaskK8s:dask:LocalSchedulerPort", "0", "--DaskK8s:dask:LocalDashboardPort", "0");

    private static async Task<(string Status, string Description)> HealthAsync(WebServer server)
    {
        using HttpResponseMessage answer = await server.Client.GetAsync("/health", Token);
        JsonElement health = await answer.Content.ReadFromJsonAsync<JsonElement>(Token);
        return (health.GetProperty("status").GetString()!, health.GetProperty("checks").GetProperty("dask").GetProperty("description").GetString()!);
    }
}
