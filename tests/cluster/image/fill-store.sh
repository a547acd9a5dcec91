#!/usr/bin/env bash
# fill-store.sh TOOLS ARCHIVES STORE: a containerd of its own unpacks the archives into STORE, then ends.
# Runs in mount, process and network namespaces of its own, so that a containerd of the machine is not met.
set -euo pipefail
tools=$1 archives=$2 store=$3
export PATH=$tools/usr/bin:$tools/usr/sbin:$PATH
mount -t tmpfs tmpfs /run
printf 'version = 2\nroot = "%s"\nstate = "/run/containerd"\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n' \
    "$store" > /run/containerd.toml
containerd --config /run/containerd.toml --log-level error &
containerd=$!
for ((tries = 0; ; tries++)); do
    ctr version > /dev/null 2>&1 && break
    ((tries < 100)) || { echo "waited 10 s for containerd" >&2; exit 1; }
    sleep 0.1
done
for archive in "$archives"/*.tar; do
    ctr --namespace k8s.io images import "$archive" >&2
done
kill "$containerd"
wait "$containerd" || true
