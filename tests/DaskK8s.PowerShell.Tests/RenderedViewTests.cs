using System.Text.RegularExpressions;

namespace DaskK8s.PowerShell.Tests;

/// <summary>The default views, as PowerShell itself shows them.</summary>
[Collection(DaskCollection.Name)]
public sealed class RenderedViewTests(RenderedViews views) : IClassFixture<RenderedViews>
{
    [Theory]
    [InlineData("Cluster", @"^Name\s+Scheduler\s+Workers\s+Dashboard", @"^my-dask\.default\s+tcp://127\.0\.0\.1:\d+\s+\d\s+http://127\.0\.0\.1:\d+/status")]
    [InlineData("DiscoveredRelease", @"^Name\s+Namespace\s+Chart\s+Revision\s+Status\s+Scheduler\s+Groups", @"^my-dask\s+default\s+dask-2025\.11\.0\s+1\s+Deployed\s+ready\s+worker 3/3, gpu-workers \d/\d")]
    [InlineData("WorkerGroup", @"^Name\s+Ready\s+Desired\s+Declared\s+GPUs\s+Resources\s+Image", @"^gpu-workers\s+\d\s+2\s+1\s+1\s+GPU=1\s+daskdev/dask")]
    [InlineData("WorkerPod", @"^Name\s+Phase\s+Ready\s+IP\s+Node", @"^my-dask-worker-gpu-workers-\S+\s+Running\s+True\s+\d+\.\d+\.\d+\.\d+\s+\S+")]
    [InlineData("Worker", @"^Group\s+Name\s+Address\s+Status\s+Threads\s+Memory\(MB\)\s+CPU\(%\)", @"^gpu-workers\s+\S+\s+tcp://\S+\s+running\s+1\s+\d+/512\s+\d+")]
    [InlineData("Log", @"^\d\d:\d\d:\d\d my-dask-scheduler-\S+ .+")]
    [InlineData("Permission", @"^Feature\s+Allowed\s+Missing", @"^scale\s+False\s+list deployments\.apps\s*$", @"^\s+patch deployments\.apps\s*$")]
    [InlineData("Upgrade", @"^Group\s+: gpu-workers", @"^Command\s+: helm upgrade my-dask ")]
    [InlineData("Upgrade table", @"^Group\s+Problems\s+Path\s+Command", @"^gpu-workers\s+0\s+helm upgrade")]
    [InlineData("Adaptive", @"^Cluster\s+State\s+Groups\s+Last decision", @"^my-dask\.default\s+Active\s+(worker 3\.\.3, gpu-workers 2\.\.2|gpu-workers 2\.\.2, worker 3\.\.3)\s")]
    [InlineData("Decision", @"^Time\s+Group\s+Action\s+Demand\s+Before\s+After\s+Reason", @"^\d\d:\d\d:\d\d gpu-workers\s+Grow\s+\d+\s+1\s+2\s+\S+")]
    [InlineData("Sample", @"^Time\s+Group\s+Demand\s+Replicas\s+Ready", @"^\d\d:\d\d:\d\d worker\s+\d+\s+3\s+3")]
    public void Default_ShowsTheColumnsThatMatter(string name, params string[] lines)
    {
        foreach (string line in lines)
        {
            views[name].Should().MatchRegex(new Regex(line, RegexOptions.Multiline));
        }
    }

    [Theory]
    [InlineData("Cluster", "Name", "Context", "Release", "SchedulerAddress", "DashboardLink", "WorkerGroups", "Limitations")]
    [InlineData("DiscoveredRelease", "Name", "Chart", "SchedulerServiceType", "WorkerGroups")]
    [InlineData("WorkerGroup", "DeploymentName", "Declared", "Requests", "Limits", "GpuCount", "NodeSelector", "Tolerations", "Pods")]
    [InlineData("Worker", "Group", "Address", "Memory", "CPU", "Resources", "Tasks", "LastSeen")]
    [InlineData("Log", "Time", "Pod", "Component", "Text")]
    [InlineData("Permission", "Feature", "IsAllowed", "Missing", "MissingOptional")]
    [InlineData("Upgrade", "Group", "Path", "Command", "Yaml", "Problems")]
    [InlineData("Adaptive", "Cluster", "State", "Groups", "Error", "Last decisions")]
    public void List_ShowsTheRest(string name, params string[] labels)
    {
        foreach (string label in labels)
        {
            views[$"{name} list"].Should().MatchRegex(new Regex($@"^{label}\s+: ", RegexOptions.Multiline));
        }
    }

    [Theory]
    [InlineData("Cluster", @"^Release\s+: dask 2025\.11\.0, revision 1, Deployed\s*$", @"^WorkerGroups\s+: worker: 3/3 ready\s*$")]
    [InlineData("DiscoveredRelease", @"^WorkerGroups\s+: worker 3/3, gpu-workers 2/2\s*$")]
    [InlineData("WorkerGroup", @"^DaskResources\s+: GPU=1\s*$", @"^Limits\s+: .*nvidia\.com/gpu=1", @"^Pods\s+: my-dask-worker-\S+\s*$", @"^Arguments\s+: dask-worker my-dask-scheduler:8786 ", @" --resources GPU=1\s*$")]
    [InlineData("Worker", @"^Memory\s+: \d+ of 512 MB\s*$", @"^Resources\s+: GPU=1\s*$", @"^Tasks\s+: 0 executing, 0 waiting, 0 results in memory\s*$")]
    [InlineData("Permission", @"^Missing\s+: list deployments\.apps in namespace default\s*$", @"^\s+patch deployments\.apps in namespace default\s*$")]
    [InlineData("Upgrade", @"^Yaml\s+: \S", @"^\s+replicas: 2\s*$")]
    [InlineData("Adaptive", @"^Groups\s+: (worker 3\.\.3, gpu-workers 2\.\.2|gpu-workers 2\.\.2, worker 3\.\.3)\s*$", @"gpu-workers: Grow 1 -> 2 ")]
    public void List_ReadsAsATextDoes(string name, params string[] lines)
    {
        foreach (string line in lines)
        {
            views[$"{name} list"].Should().MatchRegex(new Regex(line, RegexOptions.Multiline));
        }
    }

    [Fact]
    public void All_FitInto120Columns_AndNoScriptOfAViewFails() => views.All.Should().AllSatisfy(static view =>
    {
        view.Value.Should().NotContain("#ERR").And.NotContain("System.Collections").And.NotContain("z__ReadOnly", $"in {view.Key}");
        view.Value.Should().NotMatchRegex(@"\w+ \{ \w+ = ", $"in {view.Key}: properties by name are for programs").And.NotMatchRegex(@"\{\[", $"in {view.Key}: nor are pairs");
        view.Value.Split('\n').Should().AllSatisfy(static line => line.Length.Should().BeLessThanOrEqualTo(120));
    });
}
