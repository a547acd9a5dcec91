#!/usr/bin/env bash
# The first command of the README: sets everything up and runs the quickstart on the embedded cluster.
# Arguments go to the quickstart: --release my-dask [--namespace …] [--context …] takes a real cluster instead, which needs no Python.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
case " $* " in
    *" --release "*)
        "$here/prerequisites.sh" --dotnet-only
        ;;
    *)
        DASKK8S_PYTHON=$("$here/prerequisites.sh" | tail -n 1)
        export DASKK8S_PYTHON
        ;;
esac

dotnet build "$here/Quickstart" --configuration Release --verbosity quiet -nologo -p:RunAnalyzers=false
# Not 'dotnet run': the program itself gets Ctrl-C, and cleans up.
exec dotnet "$here/Quickstart/bin/Release/net10.0/Quickstart.dll" "$@"
