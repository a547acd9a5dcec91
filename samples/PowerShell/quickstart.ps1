#requires -Version 7.6
<#
.SYNOPSIS
    The walk of the README in PowerShell: connect, look, scale two groups, read a log, put everything back.
.EXAMPLE
    ./quickstart.ps1 -Release my-dask -Namespace default
#>
param(
    [Parameter(Mandatory)] [string] $Release,
    [string] $Namespace,
    [string] $Kubeconfig
)

$ErrorActionPreference = 'Stop'

$where = @{}
if ($Namespace) { $where.Namespace = $Namespace }
if ($Kubeconfig) { $where.Kubeconfig = $Kubeconfig }
$cluster = Connect-DaskCluster $Release @where
$before = Get-DaskWorkerGroup
try {
    Wait-DaskWorker
    "Connected: $cluster"
    $before | ForEach-Object { "  $_" }

    # The default group: five workers.
    Set-DaskWorkerGroup -Replicas 5 -Wait
    "Five default workers: $(@(Get-DaskWorker).Count) workers"

    # A named group: two workers with a GPU.
    Set-DaskWorkerGroup -Name gpu-workers -Replicas 2 -Wait
    "Two GPU workers: $(@(Get-DaskWorker).Count) workers"
    Get-DaskWorker gpu-workers | ForEach-Object { "  $($_.Address) offers GPU=$($_.Resources['GPU'])" }

    "The scheduler's last lines:"
    Get-DaskLog -Component Scheduler -Tail 3 | ForEach-Object { "  $($_.Text)" }
}
finally {
    $before | ForEach-Object { Set-DaskWorkerGroup -Name $_.Name -Replicas $_.Desired -Immediate }
    Wait-DaskWorker
    "Restored: $(@(Get-DaskWorker).Count) workers"
    Disconnect-DaskCluster
}
