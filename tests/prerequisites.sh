#!/usr/bin/env bash
# Installs what some tests need beside samples/prerequisites.sh: headless Chromium, which the notebook cards are shown in, and the
# tools of .config/dotnet-tools.json (.NET Interactive, whose kernel the notebook tests run). On Debian, as root, also a current kubectl
# in the cache, which the reading of YAML and kubeconfigs is compared with.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

if ! command -v "${DASKK8S_CHROMIUM:-chromium}" >/dev/null 2>&1; then
    if command -v apt-get >/dev/null 2>&1; then
        as_root=()
        [ "$(id -u)" -eq 0 ] || as_root=(sudo)
        "${as_root[@]}" apt-get update -qq
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null
    else
        echo "The notebook tests need Chromium: install it, or name it: export DASKK8S_CHROMIUM=/path/to/chromium" >&2
        exit 1
    fi
fi

if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1 && grep -qx 'ID=debian' /etc/os-release; then
    "$root/tests/oracle.sh" >/dev/null || echo "No current kubectl could be had; the tests that compare with it are skipped." >&2
fi

cd "$root"
dotnet tool restore
