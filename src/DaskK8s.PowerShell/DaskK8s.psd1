@{
    RootModule = 'DaskK8s.PowerShell.dll'
    # The build writes the version of Directory.Build.props here.
    ModuleVersion = '0.0.0'
    GUID = '6c1e3f7a-54d0-4a5b-9c55-0f7b3a1f8d21'
    Author = 'The DaskK8s authors'
    CompanyName = 'The DaskK8s authors'
    Copyright = 'Copyright (c) 2026 The DaskK8s authors'
    Description = 'Scripts Dask clusters that Helm put on Kubernetes: connect, scale named worker groups (CPU, GPU), wait, read logs, run Python. Needs no helm, kubectl or Python on this machine.'
    PowerShellVersion = '7.6'
    CompatiblePSEditions = @('Core')
    FormatsToProcess = @('DaskK8s.Format.ps1xml')
    CmdletsToExport = @(
        'Connect-DaskCluster'
        'Disconnect-DaskCluster'
        'Get-DaskAdaptive'
        'Get-DaskCluster'
        'Get-DaskLog'
        'Get-DaskReleaseValue'
        'Get-DaskWorker'
        'Get-DaskWorkerGroup'
        'Invoke-DaskPython'
        'New-DaskWorkerGroupValue'
        'Open-DaskDashboard'
        'Set-DaskWorkerGroup'
        'Start-DaskAdaptive'
        'Stop-DaskAdaptive'
        'Test-DaskPermission'
        'Wait-DaskWorker'
    )
    FunctionsToExport = @()
    AliasesToExport = @()
    VariablesToExport = @()
    PrivateData = @{
        PSData = @{
            Tags = @('Dask', 'Kubernetes', 'Helm', 'Cluster', 'GPU', 'PSEdition_Core', 'Windows', 'Linux', 'MacOS')
            LicenseUri = 'https://opensource.org/license/mit'
            ReleaseNotes = 'The first release: the cmdlets, their help (Get-Help about_DaskK8s), completion and views.'
        }
    }
}
