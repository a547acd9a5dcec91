#!/usr/bin/env bash
# Installs what the embedded cluster needs beside the .NET SDK: a Python that can import dask.distributed (and pandas, for the
# taxi sample). On Debian and Ubuntu that is a package; elsewhere a virtual environment in the user's cache folder.
# Prints the Python to use as its last line, everything else to standard error. With --dotnet-only it looks at the SDK alone.
set -euo pipefail

say() { printf '%s\n' "$*" >&2; }

if ! command -v dotnet >/dev/null 2>&1; then
    say "The .NET 10 SDK is missing: there is no 'dotnet' on the PATH. Install it (https://dotnet.microsoft.com/download) and run this again."
    exit 1
fi

if ! dotnet --list-sdks | grep -qE '^(1[0-9]|[2-9][0-9])\.'; then
    say "DaskK8s needs the .NET 10 SDK; 'dotnet --list-sdks' shows: $(dotnet --list-sdks | tr '\n' ' ')"
    exit 1
fi

if [ "${1:-}" = "--dotnet-only" ]; then
    exit 0
fi

venv="${XDG_CACHE_HOME:-$HOME/.cache}/daskk8s/venv"

can_run_dask() { "$1" -c 'import distributed, pandas' >/dev/null 2>&1; }

find_python() {
    local candidate
    for candidate in "${DASKK8S_PYTHON:-}" /usr/bin/python3 python3 python "$venv/bin/python"; do
        if [ -n "$candidate" ] && can_run_dask "$candidate"; then
            command -v "$candidate"
            return 0
        fi
    done
    return 1
}

install_debian_package() {
    local root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null 2>&1 || return 1
        root=(sudo)
    fi
    say "Installing Debian's packages python3-distributed and python3-pandas (Dask's scheduler and workers)..."
    # Only packages and their lists are asked for; output goes to standard error so that the last line stays the Python.
    "${root[@]}" apt-get update -qq >&2 &&
        "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
            python3-distributed python3-pandas >&2
}

install_virtual_environment() {
    command -v python3 >/dev/null 2>&1 || { say "There is no 'python3' on the PATH."; return 1; }
    say "Installing dask[distributed] and pandas into a virtual environment: $venv ..."
    python3 -m venv "$venv" >&2 && "$venv/bin/python" -m pip install --quiet 'dask[distributed]' pandas >&2
}

if [ -n "${DASKK8S_PYTHON:-}" ] && ! can_run_dask "$DASKK8S_PYTHON"; then
    say "DASKK8S_PYTHON names $DASKK8S_PYTHON, which is no Python that can import 'distributed' and 'pandas': looking for another one."
fi

if ! find_python >/dev/null; then
    if command -v apt-get >/dev/null 2>&1; then
        install_debian_package || install_virtual_environment || true
    else
        install_virtual_environment || true
    fi
fi

if ! find_python; then
    say "No Python that can import 'distributed' was found, and none could be installed."
    say "Install it yourself (Debian: apt-get install python3-distributed python3-pandas; elsewhere: pip install 'dask[distributed]' pandas),"
    say "or name the interpreter: export DASKK8S_PYTHON=/path/to/python"
    exit 1
fi
