using System.Management.Automation;
using System.Xml.Linq;

namespace DaskK8s.PowerShell.Tests;

/// <summary>The default views: what they name is there, and their scripts run.</summary>
public sealed class ViewTests(ReleaseFixture fixture) : IClassFixture<ReleaseFixture>
{
    [Theory]
    [InlineData("DaskK8s.HelmCluster", "Get-DaskCluster")]
    [InlineData("DaskK8s.DiscoveredRelease", "Get-DaskCluster -Available -Kubeconfig $kubeconfig")]
    [InlineData("DaskK8s.WorkerGroup", "Get-DaskWorkerGroup gpu-workers")]
    [InlineData("DaskK8s.PodLogLine", "Get-DaskLog worker -Tail 1")]
    [InlineData("DaskK8s.FeaturePermission", "Test-DaskPermission")]
    [InlineData("DaskK8s.PowerShell.WorkerGroupUpgrade", "New-DaskWorkerGroupValue gpu-workers -Replicas 2")]
    public void View_NamesWhatObjectsHave(string type, string script)
    {
        using Session session = fixture.Connect();
        string pod = session.Run("(Get-DaskWorkerGroup worker).Pods[0].Name").Single()!.ToString();
        fixture.Cluster.Pods.AppendLog("default", pod, "a line");
        PSObject sample = session.Run(script, ("kubeconfig", fixture.Kubeconfig))[0]!;
        XElement[] views = [.. XDocument.Load(Path.Combine(Places.Module, "DaskK8s.Format.ps1xml")).Descendants("View").Where(v => v.Descendants("TypeName").Single().Value == type)];

        sample.TypeNames.Should().Contain(type);
        views.Should().NotBeEmpty();
        views.Descendants("PropertyName").Select(static p => p.Value).Should().BeSubsetOf(sample.Properties.Select(static p => p.Name));
        foreach (XElement view in views.Descendants("ScriptBlock"))
        {
            session.Run($"$sample | ForEach-Object {{ {view.Value} }}", ("sample", sample));
        }
    }
}
