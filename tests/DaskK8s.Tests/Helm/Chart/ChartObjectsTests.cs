using System.Globalization;
using System.Text;

using DaskK8s.Helm.Chart;
using DaskK8s.Helm.Records;
using DaskK8s.Tests.Rigs.Helm;
using DaskK8s.Yaml;

namespace DaskK8s.Tests.Helm.Chart;

public sealed class ChartObjectsTests
{
    private const string Scheduler = """
        ---
        # Source: dask/templates/dask-scheduler-service.yaml
        apiVersion: v1
        kind: Service
        metadata:
          name: tea-dask-scheduler
          labels: { app: dask, chart: dask-2025.11.0, component: scheduler, release: "tea" }
        spec:
          ports:
            - name: tea-dask-scheduler
              port: 18786
              targetPort: 8786
              nodePort: 30086
            - name: tea-dask-webui
              port: 80
              targetPort: 8787
          type: LoadBalancer
          loadBalancerIP: 10.1.2.3
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: tea-dask-scheduler
          labels: { app: dask, component: scheduler }
        spec:
          template:
            spec:
              containers:
              - name: s
                args: [dask-scheduler, --port=8786, --protocol, tls]

        """;

    private static string Worker(string name, int? replicas = 1, string args = "[dask-worker, x]", string labels = "{ app: dask, component: worker }") => string.Create(CultureInfo.InvariantCulture, $$"""
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: {{name}}
          labels: {{labels}}
        spec:
          {{(replicas is null ? "" : $"replicas: {replicas}")}}
          template:
            spec:
              containers:
              - name: w
                image: "daskdev/dask:1"
                args: {{args}}
                resources: { limits: { cpu: 1, nvidia.com/gpu: 2 } }

        """);

    private static ChartObjects Read(string manifest, string config = "{}", string chart = "dask", string? defaults = null) =>
        ChartObjects.FromRecord(TestRecord.Decode(TestRecord.Json(manifest, config, defaults, chart)));

    private static string Groups(ChartObjects objects) =>
        string.Join(' ', objects.WorkerGroups.Select(group => $"{group.Name}:{group.DeploymentName}:{group.DeclaredReplicas}/{group.ManifestReplicas}{(group.IsDefault ? "*" : "")}"));

    [Fact]
    public void FromRecord_ASchedulersObjects_AreReadFromTheManifest()
    {
        ChartScheduler scheduler = Read(Scheduler).Scheduler!;

        scheduler.DeploymentName.Should().Be("tea-dask-scheduler");
        scheduler.ServiceName.Should().Be("tea-dask-scheduler");
        scheduler.ServiceType.Should().Be("LoadBalancer");
        scheduler.LoadBalancerAddress.Should().Be("10.1.2.3");
        scheduler.CommPort.Should().Be(new ChartServicePort("tea-dask-scheduler", 18786, 8786, 30086));
        scheduler.DashboardPort.Should().Be(new ChartServicePort("tea-dask-webui", 80, 8787, null));
        scheduler.UsesTls.Should().BeTrue();
        scheduler.Ingress.Should().BeNull();
    }

    [Fact]
    public void FromRecord_GroupsInAnotherOrderThanTheValues_AreInTheValuesOrder()
    {
        var manifest = Worker("tea-dask-worker-b", 5) + Worker("tea-dask-worker-a") + Scheduler + Worker("tea-dask-worker", 3);

        ChartObjects objects = Read(manifest, """{"additional_worker_groups":[{"name":"a"},{"name":"b","replicas":5}]}""");

        Groups(objects).Should().Be("worker:tea-dask-worker:3/3* a:tea-dask-worker-a:3/1 b:tea-dask-worker-b:5/5");
        objects.WorkerGroups[0].Deployment!.Image.Should().Be("daskdev/dask:1");
        GpuResources.Count(objects.WorkerGroups[0].Deployment!.Limits).Should().Be(2);
    }

    [Fact]
    public void FromRecord_AGroupOfZero_IsTheTrap()
    {
        ChartObjects objects = Read(Worker("tea-dask-worker", 3) + Worker("tea-dask-worker-a", 3), """{"additional_worker_groups":[{"name":"a","replicas":0}]}""");

        Groups(objects).Should().Be("worker:tea-dask-worker:3/3* a:tea-dask-worker-a:0/3");
    }

    [Fact]
    public void FromRecord_OnlyWorkers_TellsOfTheSchedulerElsewhere()
    {
        ChartObjects objects = Read(
            Worker("tea-dask-worker", 3),
            """{"scheduler":{"enabled":false},"worker":{"custom_scheduler_url":"tls://elsewhere:8786"}}""");

        objects.Scheduler.Should().BeNull();
        objects.SchedulerEnabled.Should().BeFalse();
        objects.CustomSchedulerUrl.Should().Be("tls://elsewhere:8786");
        objects.WorkerGroups.Should().ContainSingle();
    }

    [Fact]
    public void FromRecord_RenamedComponents_AreKnownByTheValues()
    {
        var manifest = Worker("tea-dask-crew", 2, "[my-worker]", "{ app: dask, component: crew }")
            + Worker("tea-dask-boss", 1, "[my-scheduler]", "{ app: dask, component: boss }");

        ChartObjects objects = Read(manifest, """{"worker":{"name":"crew","replicas":2},"scheduler":{"name":"boss"}}""");

        Groups(objects).Should().Be("crew:tea-dask-crew:2/2*");
        objects.Scheduler!.DeploymentName.Should().Be("tea-dask-boss");
        objects.Scheduler.Component.Should().Be("boss");
        objects.Scheduler.CommPort.Port.Should().Be(8786);
    }

    [Fact]
    public void FromRecord_ADefaultGroupOfAnotherName_KeepsItsDeploymentsName()
    {
        ChartObjects objects = Read(Worker("tea-dask-worker", 3) + Worker("tea-dask-worker-gpu"), """{"worker":{"name":"main"},"additional_worker_groups":[{"name":"gpu"}]}""");

        Groups(objects).Should().Be("main:tea-dask-worker:3/3* gpu:tea-dask-worker-gpu:3/1");
    }

    [Fact]
    public void FromRecord_GroupsOfStrangeNames_AreMatchedByEndingThenPosition()
    {
        var manifest = Worker("research-worker") + Worker("research-w-gpu") + Worker("research-q1") + Worker("research-q2");

        ChartObjects objects = Read(manifest, """{"fullnameOverride":"research","additional_worker_groups":[{"name":"one"},{"name":"gpu"},{"name":"two"}]}""");

        Groups(objects).Should().Be("worker:research-worker:3/1* one:research-q1:3/1 gpu:research-w-gpu:3/1 two:research-q2:3/1");
    }

    [Fact]
    public void FromRecord_AGroupWithoutAName_IsToldByItsDeployment()
    {
        ChartObjects objects = Read(Worker("tea-dask-worker") + Worker("tea-dask-worker-worker"), """{"additional_worker_groups":[{"replicas":2}]}""");

        Groups(objects).Should().Be("worker:tea-dask-worker:3/1* tea-dask-worker-worker:tea-dask-worker-worker:2/1");
    }

    [Fact]
    public void FromRecord_MoreDeploymentsThanGroups_AreListedLast()
    {
        ChartObjects objects = Read(Worker("tea-dask-worker") + Worker("tea-dask-worker-new") + Worker("odd"));

        Groups(objects).Should().Be("worker:tea-dask-worker:3/1* new:tea-dask-worker-new:/1 odd:odd:/1");
    }

    [Fact]
    public void FromRecord_AnUmbrellaChart_FindsTheDaskPart()
    {
        var manifest = Worker("airflow-worker", 9, "[celery]", "{ app: airflow, component: worker }")
            + Worker("tea-dask-worker", 2) + Worker("tea-dask-worker-gpu", 1) + Scheduler;
        var defaults = """{"dask":{"worker":{"name":"worker","replicas":2},"additional_worker_groups":[]},"airflow":{}}""";

        ReleaseRecord record = TestRecord.Decode(TestRecord.Json(manifest, """{"dask":{"additional_worker_groups":[{"name":"gpu","replicas":1}]}}""", defaults, "umbrella"));
        var objects = ChartObjects.FromRecord(record);

        Groups(objects).Should().Be("worker:tea-dask-worker:2/2* gpu:tea-dask-worker-gpu:1/1");
        objects.Scheduler.Should().NotBeNull();
        record.ToRelease(HelmReleaseSource.Secret).Values.WithReplicas("gpu", 3).ToYaml().Should().Be("dask:\n  additional_worker_groups:\n  - name: gpu\n    replicas: 3\n");
    }

    [Fact]
    public void FromRecord_AnotherChart_IsRefusedByName()
    {
        Func<ChartObjects> read = () => Read(Worker("airflow-worker", 9, "[celery]", "{ app: airflow, component: worker }"), chart: "airflow");

        read.Should().Throw<HelmReleaseNotDaskException>().WithMessage("*'tea'*chart 'airflow' 2025.11.0*")
            .Where(error => error.ChartName == "airflow" && error.ReleaseName == "tea" && error.ObjectName == TestRecord.ObjectName);
    }

    [Fact]
    public void FromRecord_JupyterAndIngresses_AreFound()
    {
        ChartObjects objects = Read(Scheduler + """
            ---
            kind: Service
            metadata: { name: tea-dask-jupyter, labels: { app: dask, component: jupyter } }
            spec: { type: NodePort, ports: [ { port: 8080, targetPort: 8888 } ] }
            ---
            kind: Deployment
            metadata: { name: tea-dask-jupyter, labels: { app: dask, component: jupyter } }
            spec: { template: { spec: { containers: [ { name: j } ] } } }
            ---
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata: { name: tea-dask-scheduler, labels: { app: tea-dask-scheduler } }
            spec:
              tls: [ { hosts: [ ui.daskk8s.test ] } ]
              rules: [ { host: ui.daskk8s.test, http: { paths: [ { path: /, backend: { service: { name: tea-dask-scheduler, port: { number: 80 } } } } ] } } ]
            ---
            apiVersion: networking.k8s.io/v1beta1
            kind: Ingress
            metadata: { name: tea-dask-jupyter }
            spec:
              rules: [ { http: { paths: [ { backend: { serviceName: tea-dask-jupyter, servicePort: 80 } } ] }, host: notebooks.daskk8s.test } ]
            """);

        objects.Jupyter!.DeploymentName.Should().Be("tea-dask-jupyter");
        objects.Jupyter.ServiceName.Should().Be("tea-dask-jupyter");
        objects.Jupyter.ServicePort.Should().Be(8080);
        objects.Jupyter.ServiceType.Should().Be("NodePort");
        objects.Jupyter.Ingress!.Address.Should().Be(new Uri("http://notebooks.daskk8s.test/"));
        objects.Scheduler!.Ingress!.Address.Should().Be(new Uri("https://ui.daskk8s.test/"));
    }

    [Fact]
    public void FromRecord_AManifestOfOddities_IsReadAllTheSame()
    {
        var manifest = """
            # a comment before everything
            --- # a comment on the marker
            kind: ConfigMap
            metadata: {name: c}
            data:
              text: |
                ---- not a marker
                kind: Deployment
                --- indented
              folded: >-
                Deployment
                Service
            ---
            this: is: no: yaml: Deployment
            ---
            {"kind": "Deployment", "metadata": {"name": "tea-dask-worker", "labels": {"app": 'dask', "component": "worker"}}, "spec": {"replicas": 2}}
            ---

            ---
            apiVersion: v1
            kind: List
            items:
            - kind: "Deployment"
              metadata: &meta
                name: 'tea-dask-worker-gpu'
                labels: &labels { app: dask, component: worker }
              spec: { replicas: "4", template: { metadata: { labels: *labels } } }
            ---
            just a text with Service in it
            ...
            """.ReplaceLineEndings("\r\n");

        Groups(Read(manifest, """{"additional_worker_groups":[{"name":"gpu"}]}""")).Should().Be("worker:tea-dask-worker:3/2* gpu:tea-dask-worker-gpu:3/4");
    }

    [Fact]
    public void FromRecord_ADuplicateKey_IsReadAsTheApiServerReadIt()
    {
        string manifest = Worker("tea-dask-worker", 3).Replace("replicas: 3", "replicas: 1\n  replicas: 3", StringComparison.Ordinal);

        manifest.Should().Contain("replicas: 1");
        Groups(Read(manifest)).Should().Be("worker:tea-dask-worker:3/3*");
    }

    [Fact]
    public void FromRecord_ADeploymentOfTheChartThatCannotBeRead_IsNotDropped()
    {
        string manifest = Worker("tea-dask-worker", 3) + "---\n" + Worker("tea-dask-worker-gpu", 2).Replace("replicas: 2", "replicas: [2", StringComparison.Ordinal);

        FluentActions.Invoking(() => Read(manifest)).Should().Throw<HelmReleaseUnreadableException>().WithMessage("*a Deployment in its manifest cannot be read, at line*");
    }

    [Fact]
    public void FromRecord_ABombOfAliasesInTheManifest_CostsNothing()
    {
        StringBuilder bomb = new("---\nkind: Deployment\na0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for (var i = 1; i < 40; i++)
        {
            bomb.Append(CultureInfo.InvariantCulture, $"a{i}: &a{i} [{string.Join(',', Enumerable.Repeat($"*a{i - 1}", 10))}]\n");
        }

        ReleaseRecord record = TestRecord.Decode(TestRecord.Json(bomb + Worker("tea-dask-worker", 3)));
        var before = GC.GetAllocatedBytesForCurrentThread();

        var objects = ChartObjects.FromRecord(record);

        Groups(objects).Should().Be("worker:tea-dask-worker:3/3*");
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(8 * 1024 * 1024);
    }

    [Fact]
    public void FromRecord_ADeploymentWithoutReplicas_HasOne() =>
        Groups(Read(Worker("tea-dask-worker", null))).Should().Be("worker:tea-dask-worker:3/1*");

    private static ChartDeployment Live(string name, string component) =>
        new() { Name = name, Labels = new Dictionary<string, string> { ["app"] = "dask", ["component"] = component, ["chart"] = "dask-2025.11.0" } };

    [Theory]
    [InlineData("prod-my-dask", "", true)]
    [InlineData("my-dask", "-prod", true)]
    [InlineData("eu-my-dask", "-v2", true)]
    [InlineData("my-dask", "-prod", false)]
    [InlineData("scheduler-worker", "", true)]
    public void From_NamesWithAPrefixOrASuffix_KnowsTheGroups(string fullName, string suffix, bool hasScheduler)
    {
        List<ChartDeployment> deployments = [Live($"{fullName}-worker-a{suffix}", "worker"), Live($"{fullName}-worker-big{suffix}", "worker"), Live($"{fullName}-worker{suffix}", "worker")];
        if (hasScheduler)
        {
            deployments.Add(Live($"{fullName}-scheduler{suffix}", "scheduler"));
        }

        ChartObjects objects = ChartObjects.From("analytics", ValueNode.Map.Empty, deployments, [], []);

        objects.WorkerGroups.Select(static g => (g.Name, g.IsDefault)).Should().Equal(("worker", true), ("a", false), ("big", false));
    }

    [Fact]
    public void From_LiveObjectsWithoutValues_TakesTheNamesFromTheScheduler()
    {
        var objects = ChartObjects.From("analytics", ValueNode.Map.Empty, [Live("research-worker", "worker"), Live("research-worker-gpu", "worker"), Live("research-scheduler", "scheduler")], [], []);

        objects.Names.FullName.Should().Be("research");
        objects.Scheduler!.ServiceName.Should().Be("research-scheduler");
        Groups(objects).Should().Be("worker:research-worker:/1* gpu:research-worker-gpu:/1");
    }

    [Theory]
    [InlineData("tea", "{}", "tea-dask")]
    [InlineData("my-dask", "{}", "my-dask")]
    [InlineData("daskovia", "{}", "daskovia")]
    [InlineData("tea", "{nameOverride: cluster}", "tea-cluster")]
    [InlineData("my-cluster", "{nameOverride: cluster}", "my-cluster")]
    [InlineData("tea", "{fullnameOverride: research}", "research")]
    [InlineData("tea", "{fullnameOverride: ''}", "tea-dask")]
    [InlineData("a-release-name-of-exactly-fifty-three-characters-long", "{}", "a-release-name-of-exactly-fifty-three-characters-long-dask")]
    [InlineData("tea", "{nameOverride: a-name-that-makes-the-whole-too-long-for-kubernetes-and-ends-in-x}", "tea-a-name-that-makes-the-whole-too-long-for-kubernetes-and-end")]
    [InlineData("tea", "{fullnameOverride: a-full-name-that-is-cut-right-behind-a-dash-so-it-is-trimmed-to-62-characters}", "a-full-name-that-is-cut-right-behind-a-dash-so-it-is-trimmed-to")]
    [InlineData("tea", "{fullnameOverride: a2345678901234567890123456789012345678901234567890123456789012-4}", "a2345678901234567890123456789012345678901234567890123456789012")]
    public void For_AReleaseName_FollowsTheChartsRules(string release, string values, string fullName) =>
        ChartNames.For(release, HelmValues.FromYaml(values).Config).FullName.Should().Be(fullName);
}
