#!/usr/bin/env bash
# The second command of the README: sets everything up and runs all tests that need no Kubernetes of their own.
# Arguments go to 'dotnet test'.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
DASKK8S_PYTHON=$("$root/samples/prerequisites.sh" | tail -n 1)
export DASKK8S_PYTHON
"$root/tests/prerequisites.sh"
# A Python with pyarrow needs root and Debian's testing suite; the tests of tables are skipped, and counted, without it.
if [ "$(id -u)" -eq 0 ]; then
    DASKK8S_PYARROW=$("$root/tests/arrow.sh" | tail -n 1) || { DASKK8S_PYARROW=''; echo "tests/arrow.sh made no Python with pyarrow: the tests of tables are skipped." >&2; }
    export DASKK8S_PYARROW
fi

cd "$root"
dotnet test --solution DaskK8s.sln --configuration Release "$@"
