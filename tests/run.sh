#!/usr/bin/env bash
# The second command of the README: sets everything up and runs all tests that need no Kubernetes of their own.
# Arguments go to 'dotnet test'.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
DASKK8S_PYTHON=$("$root/samples/prerequisites.sh" | tail -n 1)
export DASKK8S_PYTHON
"$root/tests/prerequisites.sh"
# The tests of tables are skipped without it.
[ "$(id -u)" -ne 0 ] || DASKK8S_PYARROW=$("$root/tests/arrow.sh" | tail -n 1)
export DASKK8S_PYARROW=${DASKK8S_PYARROW:-}

cd "$root"
dotnet test --solution DaskK8s.sln --configuration Release "$@"
