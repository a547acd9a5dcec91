#requires -Version 7.6
<#
.SYNOPSIS
    What README.md shows: run it in the repository's folder, after 'dotnet build -c Release'.
#>

# snippet: readme-powershell
Import-Module ./src/DaskK8s.PowerShell/bin/Release/net10.0/module/DaskK8s/DaskK8s.psd1   # after: dotnet build -c Release
Connect-DaskCluster my-dask
Get-DaskWorkerGroup
Set-DaskWorkerGroup -Replicas 5 -Wait
Get-DaskWorkerGroup | Where-Object GpuCount -gt 0 | Set-DaskWorkerGroup -Replicas 2 -Wait
Invoke-DaskPython 'sum(range(10))' -Resources @{ GPU = 1 }
Get-DaskLog -Tail 5
Disconnect-DaskCluster
# end snippet
