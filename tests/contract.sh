#!/usr/bin/env bash
# Runs the contract tests on the embedded server, which plays the given version of Kubernetes (v1.34.1). Further arguments go to 'dotnet test'.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
DASKK8S_PYTHON=$("$root/samples/prerequisites.sh" | tail -n 1)
# A Python with pyarrow, for the contract of tables: see tests/run.sh.
if [ "$(id -u)" -eq 0 ]; then
    DASKK8S_PYARROW=$("$root/tests/arrow.sh" | tail -n 1) || DASKK8S_PYARROW=''
    export DASKK8S_PYARROW
fi
export DASKK8S_PYTHON DASKK8S_TEST_KUBERNETES_VERSION=${1:?which version of Kubernetes: v1.34.1}

cd "$root"
dotnet test --project tests/DaskK8s.IntegrationTests --configuration Release "${@:2}"
