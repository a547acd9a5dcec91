using DaskK8s.Helm.Values;
using DaskK8s.Tests.Rigs.Helm;
using DaskK8s.Tests.Rigs.Kubernetes;
using DaskK8s.Yaml;

namespace DaskK8s.Tests.Helm.Values;

public sealed class HelmValuesWorkerGroupTests
{
    private const string Defaults = """
        additional_worker_groups: []
        scheduler: { enabled: true }
        worker:
          name: worker
          replicas: 3
          image: { repository: daskdev/dask, tag: "2025.11.0", dask_worker: dask-worker }
          extraArgs: []
          env: null
          resources: {}
          default_resources: { cpu: 1, memory: 4GiB }
        """;

    private static HelmValues Values(string config, string? prefix = null)
    {
        ValueNode.Map defaults = HelmValues.FromYaml(Defaults).Config;
        return new HelmValues(
            prefix is null ? defaults : ValueNode.Map.Empty.With(prefix, defaults),
            HelmValues.FromYaml(config).Config,
            prefix);
    }

    [Fact]
    public void WithWorkerGroup_ANewGroup_IsWrittenAsTheChartReadsIt()
    {
        HelmValues values = Values("jupyter: {enabled: false}").WithWorkerGroup(new WorkerGroupValues
        {
            Name = "gpu-workers",
            Replicas = 1,
            Image = "daskk8s.test/dask:2024.12",
            WorkerCommand = "dask-cuda-worker",
            DaskResources = { ["GPU"] = 1, ["MEMORY"] = 6e9 },
            Limits = { ["cpu"] = "2", ["nvidia.com/gpu"] = "1" },
            Requests = { ["memory"] = "1Gi" },
            NodeSelector = { ["kubernetes.io/arch"] = "amd64" },
            Tolerations = [new Toleration("nvidia.com/gpu", "Exists", null, "NoSchedule")],
            Env = { ["A"] = "1" },
            Threads = 2,
        });

        values.ToYaml().Should().Be("""
            jupyter:
              enabled: false
            additional_worker_groups:
            - name: gpu-workers
              replicas: 1
              threads_per_worker: 2
              image:
                repository: daskk8s.test/dask
                tag: "2024.12"
                dask_worker: dask-cuda-worker
              resources:
                limits:
                  cpu: "2"
                  nvidia.com/gpu: "1"
                requests:
                  memory: 1Gi
              nodeSelector:
                kubernetes.io/arch: amd64
              tolerations:
              - key: nvidia.com/gpu
                operator: Exists
                effect: NoSchedule
              env:
              - name: A
                value: "1"
              extraArgs:
              - --resources
              - GPU=1,MEMORY=6000000000

            """.ReplaceLineEndings("\n"));
        values.Validate().Should().BeEmpty();
        DaskResources.Parse(values.Get<string>("additional_worker_groups[0].extraArgs[1]")).Should().Contain("MEMORY", 6e9);
    }

    [Fact]
    public void WithWorkerGroup_AKnownGroup_KeepsWhatItWasNotAsked()
    {
        HelmValues before = Values("""
            additional_worker_groups:
            - name: cpu
              custom: kept
              replicas: 1
            - replicas: 2
              name: gpu
              image: { pullPolicy: Always, tag: old, repository: r }
              extraArgs: [--preload, x.py, --resources, GPU=1, --lifetime=1h]
              env: [{ name: A, value: a }, { name: B, valueFrom: { secretKeyRef: { name: s, key: k } } }]
            other: { unknown: true }
            """);

        HelmValues after = before.WithWorkerGroup(new WorkerGroupValues { Name = "gpu", Image = "daskdev/dask:new", DaskResources = { ["GPU"] = 2.5 }, Env = { ["A"] = "b" } });

        after.ToYaml().Should().Be("""
            additional_worker_groups:
            - name: cpu
              custom: kept
              replicas: 1
            - replicas: 2
              name: gpu
              image:
                pullPolicy: Always
                tag: new
                repository: daskdev/dask
              extraArgs:
              - --preload
              - x.py
              - --lifetime=1h
              - --resources
              - GPU=2.5
              env:
              - name: B
                valueFrom:
                  secretKeyRef:
                    name: s
                    key: k
              - name: A
                value: b
            other:
              unknown: true

            """.ReplaceLineEndings("\n"));
        before.Get<string>("additional_worker_groups[1].image.tag").Should().Be("old", "values never change");
    }

    [Fact]
    public void WithWorkerGroup_TheDefaultGroup_ChangesTheWorkerValues()
    {
        HelmValues values = Values("worker: {name: main, custom: kept}").WithWorkerGroup(new WorkerGroupValues { Name = "main", Replicas = 0, Limits = { ["memory"] = "2Gi" } });

        values.ToYaml().Should().Be("worker:\n  name: main\n  custom: kept\n  replicas: 0\n  resources:\n    limits:\n      memory: 2Gi\n");
        values.Validate().Should().BeEmpty("the default group may have no workers");
    }

    [Fact]
    public void WithWorkerGroup_ANewGroupWithResources_TakesOverTheDefaultGroupsOtherArguments()
    {
        HelmValues values = Values("worker: {extraArgs: [--preload, x.py, --resources=CPU=1]}").WithWorkerGroup(new WorkerGroupValues { Name = "gpu", DaskResources = { ["GPU"] = 1 } });

        values.Get<string[]>("additional_worker_groups[0].extraArgs").Should().Equal("--preload", "x.py", "--resources", "GPU=1");
    }

    [Fact]
    public void WithWorkerGroup_BelowAnotherChart_IsWrittenUnderTheDaskChartsKey()
    {
        HelmValues values = Values("dask: {worker: {replicas: 1}}\nother: 1", "dask").WithWorkerGroup(new WorkerGroupValues { Name = "gpu", Replicas = 2 });

        values.ToYaml().Should().Be("dask:\n  worker:\n    replicas: 1\n  additional_worker_groups:\n  - name: gpu\n    replicas: 2\nother: 1\n");
    }

    [Theory]
    [InlineData("Gpu")]
    [InlineData("gpu.workers")]
    [InlineData("-gpu")]
    [InlineData("gpu-")]
    [InlineData("gpu workers")]
    [InlineData("")]
    [InlineData("gpü")]
    public void WithWorkerGroup_ANameThatIsNoDnsLabel_IsRefused(string name) =>
        Values("").Invoking(values => values.WithWorkerGroup(new WorkerGroupValues { Name = name })).Should().Throw<ArgumentException>().WithMessage("*DNS label*");

    [Fact]
    public void WithWorkerGroup_WhatCouldNeverRun_IsRefused()
    {
        WorkerGroupValues group = new() { Name = "gpu" };
        (WorkerGroupValues Group, string Message)[] cases =
        [
            (group with { Replicas = -1 }, "*not be negative*"),
            (group with { Threads = 0 }, "*1 or more*"),
            (group with { Image = "daskdev/dask" }, "*needs a tag*"),
            (group with { Image = "localhost:5000/dask" }, "*needs a tag*"),
            (group with { WorkerCommand = "dask cuda worker" }, "*one word*"),
            (group with { DaskResources = new Dictionary<string, double> { ["A B"] = 1 } }, "*not contain spaces*"),
            (group with { DaskResources = new Dictionary<string, double> { ["A"] = double.NaN } }, "*number, 0 or more*"),
            (group with { Limits = new Dictionary<string, string> { ["memory"] = "1 GiB" } }, "*not have a Kubernetes quantity*"),
            (group with { Env = new Dictionary<string, string> { ["A=B"] = "s3cret" } }, "*equals sign*"),
        ];
        foreach ((WorkerGroupValues? wrong, string? message) in cases)
        {
            Values("").Invoking(values => values.WithWorkerGroup(wrong)).Should().Throw<ArgumentException>().WithMessage(message)
                .Which.Message.Should().NotContain("s3cret");
        }
    }

    [Fact]
    public void WithWorkerGroup_ADigest_IsSplitWhereTheChartJoins()
    {
        HelmValues values = Values("").WithWorkerGroup(new WorkerGroupValues { Name = "gpu", Image = "localhost:5000/dask@sha256:0123" });

        values.Get<string>("additional_worker_groups[0].image.repository").Should().Be("localhost:5000/dask@sha256");
        values.Get<string>("additional_worker_groups[0].image.tag").Should().Be("0123");
    }

    [Fact]
    public void WithWorkerGroup_WhereGroupsAreNoList_SaysWhere() =>
        Values("additional_worker_groups: {gpu: {}}").Invoking(values => values.WithWorkerGroup(new WorkerGroupValues { Name = "gpu" }))
            .Should().Throw<HelmValuesException>().Where(error => error.Path == "additional_worker_groups");

    [Fact]
    public void WithReplicas_OfEveryGroup_KeepsTheRest()
    {
        HelmValues values = Values("additional_worker_groups: [{name: gpu, custom: 1}]").WithReplicas("gpu", 4).WithReplicas("worker", 7).WithReplicas("unknown", 1);

        values.ToYaml().Should().Be("additional_worker_groups:\n- name: gpu\n  custom: 1\n  replicas: 4\nworker:\n  replicas: 7\n");
    }

    [Fact]
    public void WithoutWorkerGroup_OfTwo_LeavesTheOther()
    {
        HelmValues values = Values("additional_worker_groups: [{name: a}, {name: b}]");

        values.WithoutWorkerGroup("a").ToYaml().Should().Be("additional_worker_groups:\n- name: b\n");
        values.WithoutWorkerGroup("c").ToYaml().Should().Be(values.ToYaml());
        values.Invoking(v => v.WithoutWorkerGroup("worker")).Should().Throw<ArgumentException>();
    }

    [Fact]
    public void WithUserSupplied_AFilesValues_KeepsTheChartsDefaults()
    {
        HelmValues values = Values("a: 1").WithUserSupplied(HelmValues.FromYaml("# mine\nworker: {replicas: 9}\nmine: kept"));

        values.Get<int>("worker.replicas").Should().Be(9);
        values.Get<string>("worker.name").Should().Be("worker");
        values.ToYaml().Should().Be("worker:\n  replicas: 9\nmine: kept\n");
        values.Validate().Should().ContainSingle().Which.Path.Should().Be("mine");
    }

    [Theory]
    [InlineData("additional_worker_groups: [{name: gpu, replicas: 0}]", "additional_worker_groups[0].replicas", "*default group's 3*", false)]
    [InlineData("additional_worker_groups: [{name: gpu, replica: 1}]", "additional_worker_groups[0].replica", "*no such key*", false)]
    [InlineData("additional_worker_groups: [{name: gpu, livenessProbe: {}}]", "additional_worker_groups[0].livenessProbe", "*only the default group*", false)]
    [InlineData("additional_worker_groups: [{name: a}, {name: a}]", "additional_worker_groups[1].name", "*appears twice*", true)]
    [InlineData("additional_worker_groups: [{name: worker}]", "additional_worker_groups[0].name", "*name of the default group*", false)]
    [InlineData("additional_worker_groups: [{name: GPU}]", "additional_worker_groups[0].name", "*DNS label*", true)]
    [InlineData("additional_worker_groups: [{name: 5}]", "additional_worker_groups[0].name", "*quotes*", false)]
    [InlineData("additional_worker_groups: [{replicas: 1}]", "additional_worker_groups[0]", "*no name*", true)]
    [InlineData("additional_worker_groups: [gpu]", "additional_worker_groups[0]", "*is a map*", true)]
    [InlineData("additional_worker_groups: {gpu: 1}", "additional_worker_groups", "*are a list*", true)]
    [InlineData("additional_worker_groups: [{name: a, replicas: 'two'}]", "additional_worker_groups[0].replicas", "*whole number*", true)]
    [InlineData("additional_worker_groups: [{name: a, replicas: '-2'}]", "additional_worker_groups[0].replicas", "*whole number*", true)]
    [InlineData("additional_worker_groups: [{name: a, replicas: true}]", "additional_worker_groups[0].replicas", "*whole number*", true)]
    [InlineData("worker: {image: {repository: r, tag: 23.10}}", "worker.image.tag", "*Helm writes it as '23.1'*quotes*", false)]
    [InlineData("worker: {image: {tag: 29111998}}", "worker.image.tag", "*'2.9111998e+07'*", false)]
    [InlineData("scheduler: {image: {tag: 1e3}}", "scheduler.image.tag", "*'1000'*", false)]
    [InlineData("jupyter: {image: {tag: yes}}", "jupyter.image.tag", "*'true'*", false)]
    [InlineData("additional_worker_groups: [{name: a, image: {tag: 0x10}}]", "additional_worker_groups[0].image.tag", "*'16'*", false)]
    [InlineData("worker: {replicas: -1}", "worker.replicas", "*whole number*", true)]
    [InlineData("worker: {extraArgs: [--x, 5]}", "worker.extraArgs[1]", "*quotes*", true)]
    [InlineData("worker: {image: {dask_worker: dask worker}}", "worker.image.dask_worker", "*one word*", true)]
    [InlineData("worker: {resources: {limits: {cpu: 500m}}}", "worker.resources.limits.cpu", "*whole numbers*", true)]
    [InlineData("additional_worker_group: []", "additional_worker_group", "*spelling*", false)]
    public void Validate_OneMistake_IsFound(string config, string path, string message, bool isError)
    {
        HelmValuesProblem problem = Values(config).Validate().Should().ContainSingle().Which;

        problem.Path.Should().Be(path);
        problem.Message.Should().Match(message);
        problem.IsError.Should().Be(isError);
    }

    [Theory]
    [InlineData("worker: {resources: {limits: {cpu: 500m}}, threads_per_worker: 1}")]
    [InlineData("additional_worker_groups: [{name: gpu, replicas: 0}]\nworker: {replicas: 0}")]
    [InlineData("additional_worker_groups: [{name: gpu, replicas: '2'}, {name: none, replicas: '0'}]\nworker: {replicas: \"3\", image: {tag: '23.10'}}")]
    [InlineData("nameOverride: x\nfullnameOverride: y\nglobal: {}")]
    [InlineData("additional_worker_groups: null")]
    [InlineData("")]
    public void Validate_WhatWorks_IsFine(string config) => Values(config).Validate().Should().BeEmpty();

    [Fact]
    public void ToString_OfAGroup_ShowsNoEnvironment() =>
        new WorkerGroupValues { Name = "gpu", Env = { ["TOKEN"] = "s3cret" } }.ToString().Should().Be("WorkerGroupValues { Name = gpu, Replicas = as they are }");

    [Fact]
    public void GetUpgradeCommand_OfARelease_PinsChartAndPlaceAndQuotes()
    {
        HelmRelease release = new() { Name = "my-dask", Namespace = "h4", ChartName = "dask", ChartVersion = "2025.11.0" };

        release.GetUpgradeCommand().Should().Be("helm upgrade my-dask dask/dask --version 2025.11.0 --namespace h4 --values my-values.yaml");
        release.GetUpgradeCommand("my values' file.yaml", "./chart", "kind", forceConflicts: true)
            .Should().Be("helm upgrade my-dask ./chart --version 2025.11.0 --namespace h4 --values \"my values' file.yaml\" --kube-context kind --force-conflicts");
        (release with { ChartName = "umbrella" }).GetUpgradeCommand().Should().StartWith("helm upgrade my-dask umbrella ");
        (release with { ChartVersion = "" }).GetUpgradeCommand().Should().NotContain("--version");
    }

    [Theory]
    [InlineData("sh")]
    [InlineData("pwsh")]
    [InlineData("cmd")]
    public async Task GetUpgradeCommand_InAShell_IsReadBackWordByWord(string shell)
    {
        Assert.SkipUnless(ShellWordReader.Has(shell), $"there is no {shell} on this machine");
        HelmRelease release = new() { Name = "my-dask", Namespace = "h4", ChartName = "dask", ChartVersion = "2025.11.0+b" };
        string[] files = ["my values' file.yaml", "a;b|c&d.yaml", "(x) [y] {z}.yaml", "#1 ~ @2,3.yaml", "~/x.yaml", "é <>*?.yaml", @"C:\Users\me\v 1.yaml", "a^b=c.yaml"];

        foreach (string file in files)
        {
            string command = release.GetUpgradeCommand(file, "./chart", "user@eu,west");

            (await ShellWordReader.ReadAsync(shell, command)).Should().Equal(
                "helm", "upgrade", "my-dask", "./chart", "--version", "2025.11.0+b", "--namespace", "h4", "--values", file, "--kube-context", "user@eu,west");
        }
    }

    [Fact]
    public async Task GetUpgradeCommand_WithWhatShellsExpand_IsForAPosixShell()
    {
        Assert.SkipUnless(ShellWordReader.Has("sh"), "there is no sh on this machine");
        HelmRelease release = new() { Name = "my-dask", Namespace = "h4", ChartName = "dask", ChartVersion = "1" };

        foreach (string file in (string[])["$HOME", "`id`", "a\"b'c", "50%", "x!", @"a\\b", @"c\"])
        {
            (await ShellWordReader.ReadAsync("sh", release.GetUpgradeCommand(file)))[^1].Should().Be(file);
        }
    }
}
