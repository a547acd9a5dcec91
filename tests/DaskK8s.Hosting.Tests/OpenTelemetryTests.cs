using System.Diagnostics;

using DaskK8s.Hosting.Tests.Rigs;
using DaskK8s.Testing;

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace DaskK8s.Hosting.Tests;

/// <summary>Exports what the library tells to OpenTelemetry, wired up as the page on observability says.</summary>
public sealed class OpenTelemetryTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task TwoLines_WireUp_ExportSpansAndMetricsOfTasks()
    {
        await using Release release = await Release.StartAsync(Token, processes: true, new DaskRelease { Workers = 1 });
        List<Activity> spans = [];
        List<MetricSnapshot> metrics = [];
        HostApplicationBuilder builder = Hosts.CreateBuilder(new Dictionary<string, string?>
        {
            ["ConnectionStrings:dask"] = "my-dask.default",
            ["DaskK8s:dask:KubeconfigPath"] = release.Kubernetes.KubeconfigPath,
            ["DaskK8s:dask:LocalSchedulerPort"] = "0",
            ["DaskK8s:dask:LocalDashboardPort"] = "0",
        });
        builder.Services.AddDaskCluster("dask");
        // snippet: opentelemetry
        builder.Services.AddOpenTelemetry()
            .WithTracing(static tracing => tracing.AddSource(DaskTelemetry.ActivitySourceName))
            .WithMetrics(static metrics => metrics.AddMeter(DaskTelemetry.MeterName));
        // end snippet
        builder.Services.ConfigureOpenTelemetryTracerProvider(tracing => tracing.AddInMemoryExporter(spans));
        builder.Services.ConfigureOpenTelemetryMeterProvider(meters => meters.AddInMemoryExporter(metrics));
        using IHost host = builder.Build();
        await host.StartAsync(Token);

        IDaskClient client = await host.Services.GetRequiredService<IDaskCluster>().GetClientAsync(Token);
        using DaskFutureList<long> sums = await client.MapAsync<long>(PythonFunction.FromName("builtins", "abs"), Enumerable.Range(0, 5), cancellationToken: Token);
        await client.GatherAsync(sums, cancellationToken: Token);
        await client.RunScriptAsync<long>("1 + 1", cancellationToken: Token);
        using DaskFuture<long> wrong = await client.SubmitAsync<long>(PythonFunction.FromName("operator", "truediv"), [1, 0], cancellationToken: Token);
        await FluentActions.Awaiting(() => wrong.ResultAsync(cancellationToken: Token)).Should().ThrowAsync<DaskTaskException>();
        host.Services.GetRequiredService<TracerProvider>().ForceFlush();
        host.Services.GetRequiredService<MeterProvider>().ForceFlush();

        Activity map = spans.Should().ContainSingle(static a => a.OperationName == "submit" && Equals(a.GetTagItem("tasks"), 5)).Which;
        (map.GetTagItem("function"), map.GetTagItem("scheduler")).Should().Be(("abs", client.Address));
        spans.Should().ContainSingle(static a => a.OperationName == "gather" && Equals(a.GetTagItem("tasks"), 5));
        Activity script = spans.Should().ContainSingle(static a => a.OperationName == "script").Which;
        spans.Where(a => a.ParentId == script.Id).Select(static a => a.OperationName).Should().Equal("submit", "gather");
        spans.Should().ContainSingle(static a => a.Status == ActivityStatusCode.Error).Which.StatusDescription.Should().Be(nameof(DaskTaskException));
        spans.Should().Contain(static a => a.OperationName == "connect");

        Sum(metrics, "daskk8s.tasks.submitted").Should().Be(7);
        Sum(metrics, "daskk8s.tasks.ended", "finished").Should().Be(6);
        Sum(metrics, "daskk8s.tasks.ended", "failed").Should().Be(1);
        metrics.Should().Contain(static m => m.Name == "daskk8s.gather.duration").And.Contain(static m => m.Name == "daskk8s.kube.requests");
        await host.StopAsync(Token);
    }

    private static long Sum(List<MetricSnapshot> metrics, string name, string? status = null)
    {
        long sum = 0;
        foreach (MetricPoint point in metrics.Last(m => m.Name == name).MetricPoints)
        {
            string? of = null;
            foreach (KeyValuePair<string, object?> tag in point.Tags)
            {
                of = tag.Key == "status" ? tag.Value as string : of;
            }

            sum += status is null || of == status ? point.GetSumLong() : 0;
        }

        return sum;
    }
}
