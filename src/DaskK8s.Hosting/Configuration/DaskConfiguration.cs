using Microsoft.Extensions.Configuration;

namespace DaskK8s.Hosting.Configuration;

/// <summary>Reads a cluster's options from the section <c>DaskK8s:name</c> and the connection string of the same name.</summary>
internal static class DaskConfiguration
{
    public const string Root = "DaskK8s";

    private const string AdaptiveSection = "Adaptive";

    /// <summary>Reads the connection options.</summary>
    public static DaskClusterOptions Read(string name, IConfiguration? configuration, List<string> problems)
    {
        if (configuration is null)
        {
            return new DaskClusterOptions();
        }

        SectionReader reader = new(configuration.GetSection(Root).GetSection(name), problems);
        DaskClusterOptions defaults = new();
        DaskClusterOptions options = new()
        {
            Release = reader.Text(nameof(DaskClusterOptions.Release)),
            Cluster = ReadCluster(reader),
            Client = reader.Section(nameof(DaskClusterOptions.Client)) is { } client ? ReadClient(client) : defaults.Client,
            CheckAfter = reader.Duration(nameof(DaskClusterOptions.CheckAfter)) ?? defaults.CheckAfter,
            CheckTimeout = reader.Duration(nameof(DaskClusterOptions.CheckTimeout)) ?? defaults.CheckTimeout,
        };
        _ = reader.Section(AdaptiveSection);
        reader.Finish();
        return ConnectionString.Apply(name, configuration.GetConnectionString(name), options, problems);
    }

    /// <summary>Reads the options of adaptive scaling: the section <c>DaskK8s:name:Adaptive</c>.</summary>
    public static AdaptiveOptions ReadAdaptive(string name, IConfiguration? configuration, List<string> problems)
    {
        AdaptiveOptions defaults = new();
        if (configuration is null || new SectionReader(configuration.GetSection(Root).GetSection(name), problems).Section(AdaptiveSection) is not { } reader)
        {
            return defaults;
        }

        AdaptiveOptions options = new()
        {
            Groups = reader.Section(nameof(AdaptiveOptions.Groups))?.Sections().ToDictionary(static g => g.Name, static g => ReadRange(g.Reader), StringComparer.Ordinal)
                ?? defaults.Groups,
            GroupsForPlainTasks = reader.Texts(nameof(AdaptiveOptions.GroupsForPlainTasks)),
            Interval = reader.Duration(nameof(AdaptiveOptions.Interval)) ?? defaults.Interval,
            TargetDuration = reader.Duration(nameof(AdaptiveOptions.TargetDuration)) ?? defaults.TargetDuration,
            StartTime = reader.Duration(nameof(AdaptiveOptions.StartTime)) ?? defaults.StartTime,
            CoolDown = reader.Duration(nameof(AdaptiveOptions.CoolDown)) ?? defaults.CoolDown,
            WaitCount = reader.Integer(nameof(AdaptiveOptions.WaitCount)) ?? defaults.WaitCount,
            MaxLeavingShare = reader.Number(nameof(AdaptiveOptions.MaxLeavingShare), defaults.MaxLeavingShare),
            MemoryTarget = reader.Number(nameof(AdaptiveOptions.MemoryTarget), defaults.MemoryTarget),
            IdleTimeout = reader.Duration(nameof(AdaptiveOptions.IdleTimeout)),
            DrainTimeout = reader.Duration(nameof(AdaptiveOptions.DrainTimeout)) ?? defaults.DrainTimeout,
            UnschedulableAfter = reader.Duration(nameof(AdaptiveOptions.UnschedulableAfter)) ?? defaults.UnschedulableAfter,
            UseLease = reader.Boolean(nameof(AdaptiveOptions.UseLease), defaults.UseLease),
            LeaseDuration = reader.Duration(nameof(AdaptiveOptions.LeaseDuration)) ?? defaults.LeaseDuration,
        };
        reader.Finish();
        return options;
    }

    private static AdaptiveRange ReadRange(SectionReader reader)
    {
        AdaptiveRange range = new(
            reader.Integer(nameof(AdaptiveRange.Minimum)) ?? 0,
            reader.Integer(nameof(AdaptiveRange.Maximum)) ?? reader.Missing<int>(nameof(AdaptiveRange.Maximum)));
        reader.Finish();
        return range;
    }

    private static HelmClusterOptions ReadCluster(SectionReader reader)
    {
        HelmClusterOptions defaults = new();
        return new HelmClusterOptions
        {
            Namespace = reader.Text(nameof(HelmClusterOptions.Namespace)),
            Instance = reader.Text(nameof(HelmClusterOptions.Instance)),
            KubeconfigPath = reader.Text(nameof(HelmClusterOptions.KubeconfigPath)),
            Context = reader.Text(nameof(HelmClusterOptions.Context)),
            SchedulerAccess = reader.Choice(nameof(HelmClusterOptions.SchedulerAccess), defaults.SchedulerAccess),
            SchedulerAddress = reader.Text(nameof(HelmClusterOptions.SchedulerAddress)),
            NodeHost = reader.Text(nameof(HelmClusterOptions.NodeHost)),
            NodePort = reader.Integer(nameof(HelmClusterOptions.NodePort)),
            LocalSchedulerPort = reader.Integer(nameof(HelmClusterOptions.LocalSchedulerPort)),
            LocalDashboardPort = reader.Integer(nameof(HelmClusterOptions.LocalDashboardPort)),
            SchedulerComponent = reader.Text(nameof(HelmClusterOptions.SchedulerComponent)) ?? defaults.SchedulerComponent,
            WorkerComponent = reader.Text(nameof(HelmClusterOptions.WorkerComponent)) ?? defaults.WorkerComponent,
            Transport = reader.Choice(nameof(HelmClusterOptions.Transport), defaults.Transport),
            Tls = reader.Section(nameof(HelmClusterOptions.Tls)) is { } tls ? ReadTls(tls) : null,
            Retry = reader.Section(nameof(HelmClusterOptions.Retry)) is { } retry ? ReadRetry(retry) : defaults.Retry,
            RequestTimeout = reader.Duration(nameof(HelmClusterOptions.RequestTimeout)) ?? defaults.RequestTimeout,
            SchedulerTimeout = reader.Duration(nameof(HelmClusterOptions.SchedulerTimeout)) ?? defaults.SchedulerTimeout,
            ConnectTimeout = reader.Duration(nameof(HelmClusterOptions.ConnectTimeout)) ?? defaults.ConnectTimeout,
            MaxReleaseBytes = reader.Long(nameof(HelmClusterOptions.MaxReleaseBytes), defaults.MaxReleaseBytes),
            MaxReplicas = reader.Integer(nameof(HelmClusterOptions.MaxReplicas)) ?? defaults.MaxReplicas,
        };
    }

    private static DaskTlsOptions ReadTls(SectionReader reader)
    {
        DaskTlsOptions options = new()
        {
            CaFile = reader.Text(nameof(DaskTlsOptions.CaFile)),
            CertificateFile = reader.Text(nameof(DaskTlsOptions.CertificateFile)),
            KeyFile = reader.Text(nameof(DaskTlsOptions.KeyFile)),
            ServerName = reader.Text(nameof(DaskTlsOptions.ServerName)),
        };
        reader.Finish();
        return options;
    }

    private static RetryOptions ReadRetry(SectionReader reader)
    {
        RetryOptions defaults = new();
        RetryOptions options = new()
        {
            MaxAttempts = reader.Integer(nameof(RetryOptions.MaxAttempts)) ?? defaults.MaxAttempts,
            BaseDelay = reader.Duration(nameof(RetryOptions.BaseDelay)) ?? defaults.BaseDelay,
            MaxDelay = reader.Duration(nameof(RetryOptions.MaxDelay)) ?? defaults.MaxDelay,
        };
        reader.Finish();
        return options;
    }

    private static DaskClientOptions ReadClient(SectionReader reader)
    {
        DaskClientOptions defaults = new();
        DaskClientOptions options = new()
        {
            ConnectTimeout = reader.Duration(nameof(DaskClientOptions.ConnectTimeout)) ?? defaults.ConnectTimeout,
            CallTimeout = reader.Duration(nameof(DaskClientOptions.CallTimeout)) ?? defaults.CallTimeout,
            ReattachWithin = reader.Duration(nameof(DaskClientOptions.ReattachWithin)) ?? defaults.ReattachWithin,
            ResubmitLostWork = reader.Boolean(nameof(DaskClientOptions.ResubmitLostWork), defaults.ResubmitLostWork),
            MaxAttempts = reader.Integer(nameof(DaskClientOptions.MaxAttempts)) ?? defaults.MaxAttempts,
            MaxResubmitBytes = reader.Long(nameof(DaskClientOptions.MaxResubmitBytes), defaults.MaxResubmitBytes),
            NoWorkerTimeout = reader.Duration(nameof(DaskClientOptions.NoWorkerTimeout)) ?? defaults.NoWorkerTimeout,
        };
        reader.Finish();
        return options;
    }
}
