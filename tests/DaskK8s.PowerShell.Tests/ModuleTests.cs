using System.Management.Automation;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace DaskK8s.PowerShell.Tests;

/// <summary>The module as a package: its manifest, its help, its place beside other modules.</summary>
public sealed class ModuleTests(ReleaseFixture fixture) : IClassFixture<ReleaseFixture>
{
    [Fact]
    public void Manifest_SaysWhatAGalleryAsksFor()
    {
        using Session session = new(import: false);

        PSObject module = session.Run($"Test-ModuleManifest '{Places.Manifest}'").Single()!;

        module.Properties["Version"].Value.ToString().Should().NotBe("0.0.0");
        module.Properties["Description"].Value.ToString().Should().NotBeEmpty();
        module.Properties["Author"].Value.ToString().Should().NotBeEmpty();
        ((IEnumerable<string>)module.Properties["Tags"].Value).Should().Contain("Dask");
        module.Properties["LicenseUri"].Value.Should().NotBeNull();
        module.Properties["ReleaseNotes"].Value.ToString().Should().NotBeEmpty();
        File.Exists(Path.Combine(Places.Module, "LICENSE")).Should().BeTrue();
    }

    [Fact]
    public void Notices_NameEveryLibraryThatIsCarried()
    {
        string notices = File.ReadAllText(Path.Combine(Places.Module, "ThirdPartyNotices.txt"));

        Directory.EnumerateFiles(Path.Combine(Places.Module, "lib")).Select(static f => Path.GetFileName(f)).Where(static f => !f.StartsWith("DaskK8s", StringComparison.Ordinal))
            .Should().AllSatisfy(f => notices.Should().Contain(f));
        notices.Should().MatchRegex(@"(?m)^YamlDotNet\.dll \d[\d.]+, MIT, Copyright \(c\) Antoine Aubry")
            .And.MatchRegex(@"(?m)^K4os\.Compression\.LZ4\.dll \d[\d.]+, MIT, Copyright \(c\) 2017 Milosz Krajewski")
            .And.Contain("Permission is hereby granted").And.Contain("Redistribution and use").And.Contain("Apache License");
    }

    [Fact]
    public void Manifest_ExportsEveryCmdlet_WithApprovedVerbs()
    {
        using Session session = new();
        string[] inAssembly = [.. session.Run("[DaskK8s.PowerShell.ConnectDaskClusterCommand].Assembly.GetTypes().Where({ $_.GetCustomAttributes([System.Management.Automation.CmdletAttribute], $false).Length })")
            .Select(static t => ((Type)t!.BaseObject).GetCustomAttribute<CmdletAttribute>()!).Select(static c => $"{c.VerbName}-{c.NounName}")];
        // Get-Verb itself is in a module that is not to be had here; it lists these.
        Type[] lists = [typeof(VerbsCommon), typeof(VerbsCommunications), typeof(VerbsData), typeof(VerbsDiagnostic), typeof(VerbsLifecycle), typeof(VerbsSecurity), typeof(VerbsOther)];
        string[] verbs = [.. lists.SelectMany(static l => l.GetFields()).Select(static f => (string)f.GetValue(null)!)];

        string[] exported = [.. session.Run("(Get-Module DaskK8s).ExportedCmdlets.Keys").Select(static k => k!.ToString())];

        exported.Should().BeEquivalentTo(inAssembly);
        exported.Select(static e => e.Split('-')[0]).Should().BeSubsetOf(verbs);
    }

    [Fact]
    public void CmdletAssembly_NamesNoAssemblyThatAnotherModuleMayBring()
    {
        using FileStream file = File.OpenRead(Path.Combine(Places.Module, "DaskK8s.PowerShell.dll"));
        using PEReader reader = new(file);
        MetadataReader metadata = reader.GetMetadataReader();
        string[] names = [.. metadata.AssemblyReferences.Select(r => metadata.GetString(metadata.GetAssemblyReference(r).Name))];

        names.Where(static n => !n.StartsWith("System.", StringComparison.Ordinal) && !n.StartsWith("Microsoft.Win32.", StringComparison.Ordinal)).Should().BeEquivalentTo("DaskK8s", "DaskK8s.PowerShell.Engine");
        Directory.EnumerateFiles(Places.Module, "*.dll").Should().ContainSingle();
        File.Exists(Path.Combine(Places.Module, "lib", "System.Management.Automation.dll")).Should().BeFalse();
    }

    [Theory]
    [InlineData("Foreign, DaskK8s")]
    [InlineData("DaskK8s, Foreign")]
    public async Task ForeignModule_WithAnotherYamlDotNet_LivesBesideOurs(string order)
    {
        using Pwsh pwsh = new();
        string foreign = Directory.CreateDirectory(Path.Combine(pwsh.Home, "Foreign")).FullName;
        File.Copy(Places.OtherYaml, Path.Combine(foreign, "YamlDotNet.dll"));
        File.WriteAllText(Path.Combine(foreign, "Foreign.psd1"), "@{ RootModule = 'Foreign.psm1'; ModuleVersion = '1.0'; RequiredAssemblies = 'YamlDotNet.dll'; FunctionsToExport = 'Read-ForeignYaml' }");
        File.WriteAllText(Path.Combine(foreign, "Foreign.psm1"), "function Read-ForeignYaml { $d = [YamlDotNet.Serialization.DeserializerBuilder]::new().Build(); 'foreign {0} {1}' -f $d.GetType().Assembly.GetName().Version, $d.Deserialize('a: 1')['a'] }");
        string[] imports = [.. order.Split(", ").Select(m => m == "Foreign" ? $"Import-Module '{foreign}/Foreign.psd1'; Read-ForeignYaml" : $"Import-Module '{Places.Manifest}'; {Ours()}")];

        string[] lines = await pwsh.RunScriptAsync($"{string.Join("; ", imports)}; Read-ForeignYaml; {Ours()}");

        lines.Should().HaveCount(4).And.Contain("foreign 16.0.0.0 1").And.Contain("ours gpu-workers");
    }

    [Fact]
    public async Task Import_TouchesNoNetwork()
    {
        using Pwsh pwsh = new();

        // The runtime tells a listener of each connection, each name that is looked up and each request.
        string[] lines = await pwsh.RunScriptAsync($$"""
            Add-Type -TypeDefinition '
            using System.Diagnostics.Tracing;
            public sealed class Net : EventListener
            {
                public static int Heard;
                protected override void OnEventSourceCreated(EventSource source) { if (source.Name.StartsWith("System.Net.")) EnableEvents(source, EventLevel.Informational); }
                protected override void OnEventWritten(EventWrittenEventArgs e) => System.Threading.Interlocked.Increment(ref Heard);
            }'
            $listener = [Net]::new()
            $env:KUBECONFIG = '{{fixture.Kubeconfig}}'
            Import-Module '{{Places.Manifest}}'
            "$((Get-Command -Module DaskK8s).Count -gt 10) $((Get-Help Connect-DaskCluster -Examples | Out-String).Contains('my-dask')) $(@(Get-DaskCluster).Count)"
            [Net]::Heard
            $null = Get-DaskCluster -Available
            [Net]::Heard -gt 0
            """);

        lines.Should().Equal("True True 0", "0", "True");
    }

    [Fact]
    public async Task Import_LoadsNoneOfTheDependencies()
    {
        using Pwsh pwsh = new();

        string[] lines = await pwsh.RunScriptAsync($"Import-Module '{Places.Manifest}'; [AppDomain]::CurrentDomain.GetAssemblies().Where({{ $_.Location -like '{Places.Module}/lib/*' }}).ForEach({{ $_.GetName().Name }})");

        // The library itself, as cmdlets name its types; what it needs is loaded when a cmdlet runs.
        lines.Should().BeSubsetOf(["DaskK8s", "DaskK8s.PowerShell.Engine"]);
    }

    [Fact]
    public void Help_EveryCmdlet_HasSynopsisParametersAndExamplesThatParse()
    {
        using Session session = new();
        foreach (string name in session.Run("(Get-Module DaskK8s).ExportedCmdlets.Keys | ForEach-Object { $_ }").Select(static k => k!.ToString()))
        {
            PSObject help = session.Run($"Get-Help {name} -Examples").Single()!;
            help.Properties["Synopsis"].Value.ToString().Should().NotContain("[<CommonParameters>]", $"{name} has help").And.NotBeNullOrWhiteSpace();
            IReadOnlyList<PSObject?> examples = session.Run($"(Get-Help {name}).examples.example");
            examples.Should().NotBeEmpty($"{name} has examples");
            foreach (PSObject? example in examples)
            {
                System.Management.Automation.Language.Parser.ParseInput(example!.Properties["code"].Value.ToString(), out _, out var errors);
                errors.Should().BeEmpty();
            }

            foreach (string parameter in session.Run($"(Get-Command {name}).Parameters.Values | Where-Object {{ $_.Attributes.HelpMessage }} | ForEach-Object Name").Select(static p => p!.ToString()))
            {
                session.Run($"(Get-Help {name} -Parameter {parameter}).description.Text").Single()!.ToString().Should().NotBeEmpty($"{name} -{parameter} is described");
            }
        }
    }

    [Fact]
    public async Task Help_IsShownByPowerShellItself()
    {
        using Pwsh pwsh = new();

        string shown = string.Join('\n', await pwsh.RunScriptAsync($$"""
            Import-Module '{{Places.Manifest}}'
            Get-Help about_DaskK8s | Out-String
            Get-Command -Module DaskK8s | ForEach-Object { Get-Help $_.Name -Examples | Out-String; (Get-Help $_.Name -Full | Out-String).Contains('PARAMETERS') }
            """));

        shown.Should().Contain("THE CURRENT CLUSTER").And.NotContain("False");
        shown.Should().Contain("Get-DaskWorkerGroup | Where-Object GpuCount -gt 0 | Set-DaskWorkerGroup -Replicas 4").And.Contain("Start-DaskAdaptive -Minimum 1 -Maximum 20");
    }

    [Fact]
    public void Help_AboutTopic_NamesEveryCmdlet()
    {
        using Session session = new();
        string about = File.ReadAllText(Path.Combine(Places.Module, "en-US", "about_DaskK8s.help.txt"));

        session.Run("(Get-Module DaskK8s).ExportedCmdlets.Keys").Should().AllSatisfy(k => about.Should().Contain(k!.ToString()));
    }

    [Fact]
    public void HelpFile_IsWhatTheCmdletsAndTheirPagesSay()
    {
        using Session session = new();
        string path = Path.Combine(Places.Repository, "src", "DaskK8s.PowerShell", "en-US", "DaskK8s.PowerShell.dll-Help.xml");
        string xml = HelpWriter.Write(session);
        if (Environment.GetEnvironmentVariable("DASKK8S_UPDATE") is not null)
        {
            File.WriteAllText(path, xml);
        }

        File.ReadAllText(path).Should().Be(xml, "DASKK8S_UPDATE=1 writes it anew");
    }

    private string Ours() => $"$c = Connect-DaskCluster my-dask -Kubeconfig '{fixture.Kubeconfig}' -SchedulerAccess None -WarningAction SilentlyContinue; \"ours $((Get-DaskWorkerGroup gpu*).Name)\"";
}
