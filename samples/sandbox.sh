#!/usr/bin/env bash
# A release to try things on, without a Kubernetes: an embedded one with real Dask processes that stays until Ctrl-C and says how to reach it.
# Arguments: --workers NUMBER, --groups NAME=NUMBER[:RESOURCE=NUMBER],..., --chart-shape plain|fullname-override|helm4|configmaps.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
DASKK8S_PYTHON=$("$here/prerequisites.sh" | tail -n 1)
export DASKK8S_PYTHON

dotnet build "$here/Sandbox" --configuration Release --verbosity quiet -nologo -p:RunAnalyzers=false
# Not 'dotnet run': the program itself gets Ctrl-C, and cleans up.
exec dotnet "$here/Sandbox/bin/Release/net10.0/Sandbox.dll" "$@"
