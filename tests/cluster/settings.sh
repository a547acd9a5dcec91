# shellcheck shell=bash
# What the cluster is made of and where it lives. Every other file reads this one.

# --- Versions. Debian 12's source package "kubernetes" is the last one that holds the servers as well.
kubernetes_version=1.20.2
kubernetes_upstream=1.20.5+really1.20.2   # Debian's name for that release's tarball
debian_codename=bookworm
dask_images=(2024.12.1:trixie 2022.12.1:bookworm)
image_repository=daskk8s.test/dask        # a name, no registry: nothing is pulled from anywhere
pause_image=daskk8s.test/pause:1

# --- Folders
cluster_home=${XDG_CACHE_HOME:-$HOME/.cache}/daskk8s
run_folder=$cluster_home/run              # exists only while a cluster runs
repository_root=$(cd "$here/../.." && pwd)
# Releases as Helm wrote them; the images that they name are served too when the folder is there.
shared_releases=${DASKK8S_SHARED_RELEASES:-$repository_root/../shared/releases}

# --- Addresses. 198.18.0.0/15 is set aside for testing network devices and is routed nowhere on the
# internet; only this half of it is used. The one route to it ends in a pair of interfaces of our own.
cluster_cidr=198.19.0.0/16
host_address=198.19.0.1                   # this machine's end of the pair
node_address=198.19.0.2                   # the cluster's end: API server, node ports
link_prefix=30
pod_cidr=198.19.64.0/18
service_cidr=198.19.128.0/18
kubernetes_service=198.19.128.1
# 198.19.1.0/24 is free: set one of its addresses in a LoadBalancer Service's status to reach it there.

host_interface=daskk8s0
node_interface=daskk8s1
pod_bridge=pods0
node_name=daskk8s-node
gpu_count=4

# --- The name of our cgroups, below the root of each hierarchy. Everything that we start is in it, and
# another user's cluster is not.
cgroup_name=daskk8s-$(printf '%s' "$cluster_home" | sha256sum | cut -c1-8)
