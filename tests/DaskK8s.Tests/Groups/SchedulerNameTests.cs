using DaskK8s.Groups;
using DaskK8s.Helm.Chart;

using k8s.Models;

namespace DaskK8s.Tests.Groups;

public sealed class SchedulerNameTests
{
    [Theory]
    [InlineData("my-dask-scheduler:8786", true)]
    [InlineData("tcp://my-dask-scheduler", true)]
    [InlineData("tls://my-dask-scheduler.team:8786", true)]
    [InlineData("tcp://my-dask-scheduler.team.svc:8786/", true)]
    [InlineData("tcp://my-dask-scheduler.team.svc.cluster.local:8786", true)]
    [InlineData("tcp://my-dask-scheduler.default:8786", false)]
    [InlineData("tcp://other-dask-scheduler:8786", false)]
    [InlineData("my-dask-scheduler-2:8786", false)]
    [InlineData("tcp://dask.example.org", false)]
    [InlineData("tcp://10.1.2.3:8786", null)]
    [InlineData("tcp://[fd00::1]:8786", null)]
    [InlineData("$(MY_DASK_SCHEDULER_SERVICE_HOST):8786", null)]
    [InlineData(null, null)]
    public void IsOf_AddressAsWritten_TellsWhetherItNamesTheService(string? address, bool? expected) =>
        SchedulerName.IsOf(address, "my-dask-scheduler", "team").Should().Be(expected);

    [Theory]
    [InlineData("tcp://a:8786", "a", true)]
    [InlineData("tls://a:8786", "tcp://a:8787", false)]
    [InlineData("a:1", null, null)]
    public void AreSame_TwoAddresses_ComparesHostAndPort(string one, string? other, bool? expected) => SchedulerName.AreSame(one, other).Should().Be(expected);

    [Theory]
    [InlineData("dask-worker my-dask-scheduler:8786 --nthreads 2", "my-dask-scheduler:8786")]
    [InlineData("dask worker --nthreads 2 --no-dashboard tcp://s:1 --resources GPU=1", "tcp://s:1")]
    [InlineData("dask-worker --nthreads=2 --no-nanny s:1", "s:1")]
    [InlineData("dask-cuda-worker --scheduler-file /shared/s.json", null)]
    [InlineData("dask-worker", null)]
    public void SchedulerAddress_CommandLine_IsTheFirstWordThatIsNoOption(string line, string? expected) =>
        WorkerCommandLine.Parse(null, line.Split(' ')).SchedulerAddress.Should().Be(expected);

    [Theory]
    [InlineData("dask-worker $(SCHEDULER) --nthreads 2", "tcp://elsewhere:8786")]
    [InlineData("dask-worker tcp://$(HOST):$(PORT)", "tcp://elsewhere:$(PORT)")]
    [InlineData("dask-worker $$(SCHEDULER)", "$(SCHEDULER)")]
    [InlineData("dask-worker --nthreads 2", "tcp://elsewhere:8786")]
    [InlineData("dask-worker my-dask-scheduler:8786", "my-dask-scheduler:8786")]
    public void ToChart_AddressInVariables_IsFilledInAsTheKubeletDoes(string line, string expected)
    {
        V1Deployment deployment = new()
        {
            Metadata = new V1ObjectMeta { Name = "d" },
            Spec = new V1DeploymentSpec
            {
                Template = new V1PodTemplateSpec
                {
                    Spec = new V1PodSpec
                    {
                        Containers =
                        [
                            new V1Container
                            {
                                Name = "w",
                                Args = line.Split(' '),
                                Env =
                                [
                                    new V1EnvVar { Name = "HOST", Value = "elsewhere" },
                                    new V1EnvVar { Name = "SCHEDULER", Value = "tcp://$(HOST):8786" },
                                    new V1EnvVar { Name = "DASK_SCHEDULER_ADDRESS", Value = "$(SCHEDULER)" },
                                    new V1EnvVar { Name = "PORT", ValueFrom = new V1EnvVarSource { ConfigMapKeyRef = new V1ConfigMapKeySelector { Name = "m", Key = "port" } } },
                                ],
                            },
                        ],
                    },
                },
            },
        };

        ReleasePlanReader.ToChart(deployment).SchedulerAddress.Should().Be(expected);
    }
}
