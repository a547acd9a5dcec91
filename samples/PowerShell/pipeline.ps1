#requires -Version 7.6
<#
.SYNOPSIS
    Gives every group that has GPUs the same number of workers, on the current cluster.
#>
param([int] $Replicas = 4)

Get-DaskWorkerGroup | Where-Object GpuCount -gt 0 | Set-DaskWorkerGroup -Replicas $Replicas -Wait -PassThru
