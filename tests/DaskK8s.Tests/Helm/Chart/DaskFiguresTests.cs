using DaskK8s.Helm.Chart;
using DaskK8s.Helm.Values;

namespace DaskK8s.Tests.Helm.Chart;

public sealed class DaskFiguresTests
{
    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1, "1 B")]
    [InlineData(921, "921 B")]
    [InlineData(922, "0.90 kiB")]
    [InlineData(1234, "1.21 kiB")]
    [InlineData(12345678, "11.77 MiB")]
    [InlineData(1234567890, "1.15 GiB")]
    [InlineData(3758096384, "3.50 GiB")]
    [InlineData(1234567890000, "1.12 TiB")]
    [InlineData(1234567890000000, "1.10 PiB")]
    [InlineData(long.MaxValue, "8192.00 PiB")]
    [InlineData(-5, "-5 B")]
    public void Format_OfBytes_IsDasks(long bytes, string text) => DaskBytes.Format(bytes).Should().Be(text);

    [Theory]
    [InlineData("100", 100)]
    [InlineData("100 MB", 100_000_000)]
    [InlineData("100M", 100_000_000)]
    [InlineData("5kB", 5000)]
    [InlineData("5.4 kB", 5400)]
    [InlineData("1kiB", 1024)]
    [InlineData("1e6", 1_000_000)]
    [InlineData("1e6 kB", 1_000_000_000)]
    [InlineData("MB", 1_000_000)]
    [InlineData("4GiB", 4L << 30)]
    [InlineData("1TB", 1_000_000_000_000)]
    [InlineData("6e9", 6_000_000_000)]
    [InlineData("512Mi", 512L << 20)]
    [InlineData("0.5", 0)]
    public void TryParse_OfDasksBytes_IsDasks(string text, long expected)
    {
        DaskBytes.TryParse(text, out var bytes).Should().BeTrue();
        bytes.Should().Be(expected);
    }

    [Theory]
    [InlineData("5 foos")]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("auto")]
    [InlineData("1e400")]
    [InlineData("1.2.3")]
    public void TryParse_OfWhatDaskRefuses_IsFalse(string? text) => DaskBytes.TryParse(text, out _).Should().BeFalse();

    [Theory]
    [InlineData("512M", "512000000")]
    [InlineData("1Gi", "1073741824")]
    [InlineData("10m", "0.010")]
    [InlineData("1e3", "1000")]
    [InlineData("1E3", "1000")]
    [InlineData("1E", "1000000000000000000")]
    [InlineData("1.5", "1.5")]
    [InlineData(".5", "0.5")]
    [InlineData("100n", "0.0000001")]
    [InlineData("250u", "0.00025")]
    [InlineData("-1", "-1")]
    [InlineData("2Ei", "2305843009213693952")]
    [InlineData("1k", "1000")]
    [InlineData("0", "0")]
    public void TryParse_OfAQuantity_IsExact(string text, string expected)
    {
        KubeQuantity.TryParse(text, out var value).Should().BeTrue();
        value.Should().Be(decimal.Parse(expected));
    }

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("1K")]
    [InlineData("1 Gi")]
    [InlineData("Gi")]
    [InlineData("1GiB")]
    [InlineData("abc")]
    [InlineData("1e99")]
    [InlineData("99999999999999999999E")]
    [InlineData("--1")]
    public void TryParse_OfNoQuantity_IsFalse(string? text) => KubeQuantity.TryParse(text, out _).Should().BeFalse();

    [Theory]
    [InlineData("nvidia.com/gpu=2", 2)]
    [InlineData("nvidia.com/mig-1g.5gb=3", 3)]
    [InlineData("nvidia.com/gpu=1 nvidia.com/mig-3g.20gb=1", 2)]
    [InlineData("amd.com/gpu=4", 4)]
    [InlineData("gpu.intel.com/i915=1 gpu.intel.com/millicores=500 gpu.intel.com/memory.max=1Gi gpu.intel.com/tiles=2", 1)]
    [InlineData("gpu.intel.com/xe=2 gpu.intel.com/xe_monitoring=1", 2)]
    [InlineData("cpu=1 memory=1Gi", 0)]
    [InlineData("nvidia.com/gpu=nonsense", 0)]
    [InlineData("nvidia.com/gpu.shared=2", 2)]
    [InlineData("nvidia.com/gpu=99999999999", int.MaxValue)]
    public void Count_OfGpus_KnowsTheVendors(string limits, int count) =>
        GpuResources.Count(limits.Split(' ').Select(text => text.Split('=')).Select(pair => KeyValuePair.Create(pair[0], pair[1]))).Should().Be(count);

    [Theory]
    [InlineData("GPU=1,MEMORY=6e9", "GPU=1 MEMORY=6000000000")]
    [InlineData("GPU=1 MEMORY=2", "GPU=1 MEMORY=2")]
    [InlineData(" GPU=1, , FOO=.5 ", "GPU=1 FOO=0.5")]
    [InlineData("GPU=1 GPU=2", "GPU=2")]
    [InlineData("GPU", "")]
    [InlineData("GPU=x", "")]
    [InlineData("A=1=2", "")]
    [InlineData(null, "")]
    public void Parse_OfResources_IsDasks(string? text, string expected) =>
        DaskResources.Format(DaskResources.Parse(text)).Replace(',', ' ').Should().Be(expected);

    [Theory]
    [InlineData("dask-worker tea:8786 --nthreads 2 --memory-limit 512M --resources GPU=1", "Worker|dask-worker|2||512000000|GPU=1")]
    [InlineData("dask-worker tea:8786 --resources=GPU=1,MEMORY=6e9 --nworkers=4", "Worker|dask-worker||4||GPU=1,MEMORY=6000000000")]
    [InlineData("dask worker tea:8786 --nprocs 2 --memory-limit auto", "Worker|dask worker||2||")]
    [InlineData("dask cuda worker tea:8786", "CudaWorker|dask cuda worker||||")]
    [InlineData("/opt/conda/bin/dask-cuda-worker tea:8786 --nthreads 1 --nthreads 3", "CudaWorker|/opt/conda/bin/dask-cuda-worker|3|||")]
    [InlineData("tini -g -- /usr/bin/prepare.sh dask-scheduler --port=8786", "Scheduler|dask-scheduler||||")]
    [InlineData("python -m distributed.cli.dask_worker tea:8786 --memory-limit 0.5", "Worker|distributed.cli.dask_worker||||")]
    [InlineData("sleep infinity", "Other|||||")]
    [InlineData("", "Other|||||")]
    public void Parse_OfACommandLine_FindsProgramAndOptions(string words, string expected)
    {
        var line = WorkerCommandLine.Parse(null, words.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        $"{line.Program}|{line.Command}|{line.Threads}|{line.WorkerProcesses}|{line.MemoryLimitBytes}|{DaskResources.Format(line.Resources)}".Should().Be(expected);
    }

    [Fact]
    public void Parse_OfAResourcesArgumentWithSpaces_KeepsItWhole() =>
        WorkerCommandLine.Parse(null, ["dask-worker", "--resources", "GPU=1 MEMORY=2"]).Resources.Should().HaveCount(2);

    [Fact]
    public void Parse_OfAShellsCommand_LooksInside()
    {
        var line = WorkerCommandLine.Parse(["/bin/sh", "-c"], ["export A=1 && exec dask worker $S --resources 'GPU=1 MEM=2' --nthreads \"4\""]);

        line.Program.Should().Be(DaskProgram.Worker);
        line.Threads.Should().Be(4);
        line.Resources.Should().HaveCount(2);
    }

    [Theory]
    [InlineData("--protocol tls", true)]
    [InlineData("--tls-ca-file=/ca.pem", true)]
    [InlineData("--protocol tcp", false)]
    public void UsesTls_OfAScheduler_ReadsItsArguments(string arguments, bool tls) =>
        WorkerCommandLine.Parse(["dask-scheduler"], arguments.Split(' ')).UsesTls.Should().Be(tls);
}
