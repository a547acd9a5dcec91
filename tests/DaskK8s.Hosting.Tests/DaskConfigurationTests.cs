using DaskK8s.Hosting.Configuration;

using Microsoft.Extensions.Configuration;

namespace DaskK8s.Hosting.Tests;

/// <summary>Reads options from configuration: every setting, and every way to get one wrong.</summary>
public sealed class DaskConfigurationTests
{
    [Fact]
    public void Read_EverySetting_GivesIt()
    {
        (DaskClusterOptions options, List<string> problems) = Read(
            ("Release", "my-dask"), ("Namespace", "analytics"), ("Instance", "dask-gpu"), ("KubeconfigPath", "/k"), ("Context", "c"), ("SchedulerAccess", "forward"),
            ("NodeHost", "h"), ("NodePort", "30001"), ("LocalSchedulerPort", "0"), ("LocalDashboardPort", "9000"), ("SchedulerComponent", "s"),
            ("WorkerComponent", "w"), ("Transport", nameof(PortForwardTransport.WebSocket)), ("Tls:CaFile", "ca"), ("Tls:CertificateFile", "cert"), ("Tls:KeyFile", "key"),
            ("Tls:ServerName", "name"), ("Retry:MaxAttempts", "2"), ("Retry:BaseDelay", "100ms"), ("Retry:MaxDelay", "00:00:05"), ("RequestTimeout", "7s"),
            ("SchedulerTimeout", "8s"), ("ConnectTimeout", "2m"), ("MaxReleaseBytes", "1000"), ("MaxReplicas", "50"), ("Client:ConnectTimeout", "1s"),
            ("Client:CallTimeout", "2s"), ("Client:ReattachWithin", "1h"), ("Client:NoWorkerTimeout", "1.5m"),
            ("Client:ResubmitLostWork", "true"), ("Client:MaxAttempts", "4"), ("Client:MaxResubmitBytes", "1000"), ("CheckAfter", "10s"), ("CheckTimeout", "3s"));

        problems.Should().BeEmpty();
        options.Should().BeEquivalentTo(new DaskClusterOptions
        {
            Release = "my-dask",
            CheckAfter = TimeSpan.FromSeconds(10),
            CheckTimeout = TimeSpan.FromSeconds(3),
            Client = new DaskClientOptions
            {
                ConnectTimeout = TimeSpan.FromSeconds(1),
                CallTimeout = TimeSpan.FromSeconds(2),
                ReattachWithin = TimeSpan.FromHours(1),
                NoWorkerTimeout = TimeSpan.FromSeconds(90),
                ResubmitLostWork = true,
                MaxAttempts = 4,
                MaxResubmitBytes = 1000,
            },
            Cluster = new HelmClusterOptions
            {
                Namespace = "analytics",
                Instance = "dask-gpu",
                KubeconfigPath = "/k",
                Context = "c",
                SchedulerAccess = SchedulerAccess.Forward,
                NodeHost = "h",
                NodePort = 30001,
                LocalSchedulerPort = 0,
                LocalDashboardPort = 9000,
                SchedulerComponent = "s",
                WorkerComponent = "w",
                Transport = PortForwardTransport.WebSocket,
                Tls = new DaskTlsOptions { CaFile = "ca", CertificateFile = "cert", KeyFile = "key", ServerName = "name" },
                Retry = new RetryOptions { MaxAttempts = 2, BaseDelay = TimeSpan.FromMilliseconds(100), MaxDelay = TimeSpan.FromSeconds(5) },
                RequestTimeout = TimeSpan.FromSeconds(7),
                SchedulerTimeout = TimeSpan.FromSeconds(8),
                ConnectTimeout = TimeSpan.FromMinutes(2),
                MaxReleaseBytes = 1000,
                MaxReplicas = 50,
            },
        });
    }

    [Fact]
    public void Read_OptionsThatConfigurationCannotSay_AreTheOnesLeftOut()
    {
        string[] settings = [.. Properties<DaskClusterOptions>(), .. Properties<HelmClusterOptions>(), .. Properties<DaskClientOptions>(), .. Properties<DaskTlsOptions>(), .. Properties<RetryOptions>()];
        string[] said = [.. File.ReadAllLines(SourceOf("DaskConfiguration.cs")).SelectMany(static l => l.Split("nameof(").Skip(1)).Select(static p => p.Split(')')[0].Split('.')[^1])];

        settings.Except(said).Should().BeEquivalentTo(
            ["Cluster", "Formats", "Kubernetes", "LoggerFactory", "SerializerOptions", "TimeProvider"], "every other option has a setting; these are objects, and Cluster's are at the top");
    }

    [Theory]
    [InlineData("SchedulerAccess", "Tunnel", "DaskK8s:dask:SchedulerAccess is not one of Auto,")]
    [InlineData("SchedulerAccess", "1", "DaskK8s:dask:SchedulerAccess is not one of Auto,")]
    [InlineData("NodePort", "many", "DaskK8s:dask:NodePort is not a whole number.")]
    [InlineData("MaxReplicas", "1.5", "DaskK8s:dask:MaxReplicas is not a whole number.")]
    [InlineData("ConnectTimeout", "30", "DaskK8s:dask:ConnectTimeout is not a duration such as")]
    [InlineData("ConnectTimeout", "soon", "DaskK8s:dask:ConnectTimeout is not a duration such as")]
    [InlineData("ConnectTimeout", "1e300h", "DaskK8s:dask:ConnectTimeout is not a duration such as")]
    [InlineData("Client:CallTimeout", "12", "DaskK8s:dask:Client:CallTimeout is not a duration such as")]
    [InlineData("Tls:Ca", "file", "DaskK8s:dask:Tls:Ca is not a setting; DaskK8s:dask:Tls has: CaFile, CertificateFile, KeyFile, ServerName.")]
    [InlineData("Realease", "my-dask", "DaskK8s:dask:Realease is not a setting; DaskK8s:dask has: Adaptive, CheckAfter,")]
    public void Read_WrongSetting_SaysWhichAndWhatIsExpected(string key, string value, string problem)
    {
        (_, List<string> problems) = Read((key, value));

        problems.Should().ContainSingle().Which.Should().StartWith(problem).And.NotContain($"\"{value}\"", "a value may be secret");
    }

    [Theory]
    [InlineData("my-dask.analytics", "my-dask", "analytics", null)]
    [InlineData("my.dotted.release.analytics", "my.dotted.release", "analytics", null)]
    [InlineData("tcp://10.0.0.1:8786", null, null, "tcp://10.0.0.1:8786")]
    [InlineData("tls://scheduler:8786", null, null, "tls://scheduler:8786")]
    public void Read_ConnectionString_GivesWhatItNames(string text, string? release, string? @namespace, string? address)
    {
        (DaskClusterOptions options, List<string> problems) = ReadAll(("ConnectionStrings:dask", text));

        problems.Should().BeEmpty();
        (options.Release, options.Cluster.Namespace, options.Cluster.SchedulerAddress).Should().Be((release, @namespace, address));
    }

    [Theory]
    [InlineData("my-dask")]
    [InlineData(".analytics")]
    [InlineData("my-dask.")]
    public void Read_ConnectionStringThatNamesNothing_SaysWhatIsExpected(string text)
    {
        (_, List<string> problems) = ReadAll(("ConnectionStrings:dask", text));

        problems.Should().Equal("ConnectionStrings:dask is neither release.namespace nor tcp://host:port nor tls://host:port.");
    }

    [Fact]
    public void Read_ConnectionStringAgainstTheSection_SaysSo()
    {
        (_, List<string> problems) = ReadAll(("ConnectionStrings:dask", "my-dask.analytics"), ("DaskK8s:dask:Release", "other"), ("DaskK8s:dask:Namespace", "analytics"));

        problems.Should().Equal("ConnectionStrings:dask says Release \"my-dask\", and the section says \"other\". Leave one of them out.");
    }

    [Fact]
    public void Read_EmptyValues_CountAsNone()
    {
        (DaskClusterOptions options, List<string> problems) = ReadAll(("ConnectionStrings:dask", ""), ("DaskK8s:dask:Namespace", " "), ("DaskK8s:dask:NodePort", ""));

        problems.Should().BeEmpty();
        options.Should().BeEquivalentTo(new DaskClusterOptions());
    }

    [Fact]
    public void ReadAdaptive_EverySetting_GivesIt()
    {
        List<string> problems = [];
        AdaptiveOptions options = DaskConfiguration.ReadAdaptive("dask", Configuration(
            ("DaskK8s:dask:Adaptive:Groups:worker:Minimum", "1"),
            ("DaskK8s:dask:Adaptive:Groups:worker:Maximum", "10"),
            ("DaskK8s:dask:Adaptive:Groups:gpu-workers:Maximum", "4"),
            ("DaskK8s:dask:Adaptive:GroupsForPlainTasks:0", "worker"),
            ("DaskK8s:dask:Adaptive:Interval", "2s"),
            ("DaskK8s:dask:Adaptive:WaitCount", "5"),
            ("DaskK8s:dask:Adaptive:MemoryTarget", "0.7"),
            ("DaskK8s:dask:Adaptive:UseLease", "false"),
            ("DaskK8s:dask:Adaptive:IdleTimeout", "00:10:00")), problems);

        problems.Should().BeEmpty();
        options.Groups.Should().Equal(new Dictionary<string, AdaptiveRange> { ["worker"] = (1, 10), ["gpu-workers"] = (0, 4) });
        options.GroupsForPlainTasks.Should().Equal("worker");
        (options.Interval, options.WaitCount, options.MemoryTarget, options.UseLease, options.IdleTimeout)
            .Should().Be((TimeSpan.FromSeconds(2), 5, 0.7, false, TimeSpan.FromMinutes(10)));
    }

    [Fact]
    public void ReadAdaptive_WrongSettings_SaysEach()
    {
        List<string> problems = [];
        DaskConfiguration.ReadAdaptive("dask", Configuration(
            ("DaskK8s:dask:Adaptive:Groups:worker:Minimum", "1"),
            ("DaskK8s:dask:Adaptive:Groups:worker:Max", "10"),
            ("DaskK8s:dask:Adaptive:UseLease", "maybe")), problems);

        problems.Should().BeEquivalentTo(
            "DaskK8s:dask:Adaptive:Groups:worker:Maximum is missing.",
            "DaskK8s:dask:Adaptive:Groups:worker:Max is not a setting; DaskK8s:dask:Adaptive:Groups:worker has: Maximum, Minimum.",
            "DaskK8s:dask:Adaptive:UseLease is not true or false.");
    }

    private static IEnumerable<string> Properties<T>() => typeof(T).GetProperties().Where(static p => p.CanWrite).Select(static p => p.Name);

    private static string SourceOf(string file)
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "DaskK8s.sln")))
        {
            folder = folder.Parent;
        }

        return Path.Combine(folder.FullName, "src", "DaskK8s.Hosting", "Configuration", file);
    }

    private static (DaskClusterOptions Options, List<string> Problems) Read(params (string Key, string Value)[] settings) =>
        ReadAll([.. settings.Select(static s => ($"DaskK8s:dask:{s.Key}", s.Value))]);

    private static (DaskClusterOptions Options, List<string> Problems) ReadAll(params (string Key, string Value)[] settings)
    {
        List<string> problems = [];
        return (DaskConfiguration.Read("dask", Configuration(settings), problems), problems);
    }

    private static IConfigurationRoot Configuration(params (string Key, string Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(static s => s.Key, static s => (string?)s.Value)).Build();
}
