using System.ComponentModel;
using System.Diagnostics;
using System.Management.Automation;

namespace DaskK8s.PowerShell;

/// <summary>Opens the dashboard in the browser.</summary>
[Cmdlet(VerbsCommon.Open, "DaskDashboard", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(Uri))]
public sealed class OpenDaskDashboardCommand : ClusterCmdlet
{
    /// <summary>Gets or sets the page.</summary>
    [Parameter(Position = 0, HelpMessage = "The page; status by default.")]
    [ValidateSet("status", "workers", "tasks", "system", "profile", "graph", "groups", "info")]
    public string Page { get; set; } = "status";

    /// <summary>Gets or sets whether to return only the link.</summary>
    [Parameter(HelpMessage = "Returns the link without opening it.")]
    public SwitchParameter LinkOnly { get; set; }

    /// <summary>Gets or sets the cluster.</summary>
    [Parameter(ValueFromPipeline = true, HelpMessage = "The cluster, or its name. By default the current one.")]
    [ClusterName]
    [ArgumentCompleter(typeof(ClusterCompleter))]
    public HelmCluster? Cluster { get; set; }

    /// <summary>Opens the page.</summary>
    protected override void ProcessRecord()
    {
        HelmCluster cluster = Choose(Cluster);
        if (cluster.DashboardLink is not { } status)
        {
            Report(
                new ItemNotFoundException($"No dashboard of {cluster.Name} can be reached from here. {string.Join(" ", cluster.Limitations)}".TrimEnd()),
                cluster,
                advice: "Connect with -SchedulerAccess Auto, and see what is missing: (Get-DaskCluster -Current).Limitations.");
            return;
        }

        Uri link = new(new Uri(status), Page);
        if (LinkOnly)
        {
            WriteObject(link);
        }
        else if (ShouldProcess(link.AbsoluteUri, "open in the browser"))
        {
            try
            {
                using Process? browser = Process.Start(new ProcessStartInfo(link.AbsoluteUri) { UseShellExecute = true });
            }
            catch (Win32Exception e)
            {
                Report(new InvalidOperationException($"Could not open a browser: {e.Message} The dashboard is at {link}", e), link, advice: $"Open it yourself: {link}");
            }
        }
    }
}
