#!/usr/bin/env bash
# Runs the contract tests on the embedded server with any Dask: tests/dask.sh PYTHON-OR-CHECKOUT... [-- ARGUMENTS OF 'dotnet test'].
# A Python (of a virtual environment, for example) is used as it is. Folders are checkouts that come before what is installed: dask, distributed, and
# whatever of their dependencies is too old where they run. DASKK8S_PYTHON names the Python that imports them; /usr/bin/python3 by default.
# The version of a checkout without git is not known: VERSION (2026.7.1) gives it. The last line says what ran.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
python=${DASKK8S_PYTHON:-/usr/bin/python3}
folders=()
[ $# -gt 0 ] || { sed -n '2,5s/^# //p' "$0" >&2; exit 2; }
while [ $# -gt 0 ] && [ "$1" != -- ]; do
    if [ -d "$1" ]; then
        folders+=("$(cd "$1" && pwd)")
    elif command -v "$1" >/dev/null; then
        python=$(command -v "$1")
    else
        echo "$1 is neither a Python nor a folder." >&2
        exit 2
    fi
    shift
done
[ $# -eq 0 ] || shift

path=$(mktemp -d)
trap 'rm -rf "$path"' EXIT
for folder in "${folders[@]}"; do
    found=
    for package in "$folder"/*/; do
        name=$(basename "$package")
        if [ -f "$package/__init__.py" ] && [[ ! "$name" =~ ^(tests?|docs?|ci|benchmarks?)$ ]]; then
            cp -r "$package" "$path/$name"
            found=1
            # What their builds write; without it a checkout says that its version is unknown.
            if [[ "$name" =~ ^(dask|distributed)$ ]] && [ ! -f "$path/$name/_version.py" ]; then
                version=${VERSION:-$(git -C "$folder" describe --tags 2>/dev/null || echo 0+unknown)}
                printf '__version__ = version = "%s"\n__commit_id__ = commit_id = None\n' "$version" >"$path/$name/_version.py"
            fi
        fi
    done
    [ -n "$found" ] || { echo "$folder holds no Python package." >&2; exit 2; }
done

export DASKK8S_PYTHON=$python PYTHONPATH=$path${PYTHONPATH:+:$PYTHONPATH} DASKK8S_TEST_KUBERNETES_VERSION=${KUBERNETES:-v1.34.1}
versions=$("$python" -c 'import sys, dask, distributed; print(f"Python {sys.version.split()[0]}, dask {dask.__version__}, distributed {distributed.__version__}")')
echo "Contract tests with $versions"
cd "$root"
status=0
dotnet test --project tests/DaskK8s.IntegrationTests --configuration "${CONFIGURATION:-Release}" "$@" | tee "$path/output" || status=$?
# A run that was ended from outside can end with 0; only a summary says that the tests passed.
grep -q 'Test run summary: Passed!' "$path/output" || [ $status -ne 0 ] || status=1
echo "Ran the contract tests with $versions on the embedded server as Kubernetes $DASKK8S_TEST_KUBERNETES_VERSION: $([ $status -eq 0 ] && echo passed || echo "failed ($status)")"
exit $status
