# shellcheck shell=bash
# What the cluster is made of and where it lives. Every other file reads this one.

# --- Versions. Debian 12's source package "kubernetes" is the last one that holds the servers as well.
kubernetes_version=1.20.2
kubernetes_upstream=1.20.5+really1.20.2   # Debian's name for that release's tarball
debian_codename=bookworm
# The suites that may hold a version; the first one that does is taken. Only testing has pyarrow, and it moves on.
dask_images=(2024.12.1:testing,trixie 2022.12.1:bookworm)
image_repository=daskk8s.test/dask        # a name, no registry: nothing is pulled from anywhere
pause_image=daskk8s.test/pause:1

# --- Which cluster: up to 16 run beside each other, each with a number of its own.
cluster_number=${DASKK8S_CLUSTER:-0}
[[ $cluster_number =~ ^([0-9]|1[0-5])$ ]] || fail "DASKK8S_CLUSTER is $cluster_number; it must be 0 to 15"

# --- Folders
cluster_home=${XDG_CACHE_HOME:-$HOME/.cache}/daskk8s
run_folder=$cluster_home/run-$cluster_number   # exists only while the cluster runs
repository_root=$(cd "$here/../.." && pwd)
# Releases as Helm wrote them; the images that they name are served too when the folder is there.
shared_releases=${DASKK8S_SHARED_RELEASES:-$repository_root/../shared/releases}

# --- Addresses. 198.18.0.0/15 is set aside for testing network devices and is routed nowhere on the
# internet; only the upper half is used, a sixteenth of it by each cluster. The one route to it ends in a
# pair of interfaces of our own.
block=$((cluster_number * 16))
cluster_cidr=198.19.$block.0/20
host_address=198.19.$block.1              # this machine's end of the pair
node_address=198.19.$block.2              # the cluster's end: API server, node ports
link_prefix=30
spare_addresses=198.19.$((block + 1))     # .1 to .254: for the status of LoadBalancer Services
pod_cidr=198.19.$((block + 4)).0/22
service_cidr=198.19.$((block + 8)).0/21
kubernetes_service=198.19.$((block + 8)).1

host_interface=daskk8s$cluster_number
node_interface=eth0
pod_bridge=pods0
node_name=daskk8s-node
gpu_count=4

# --- The name of our cgroups, below the root of each hierarchy. Everything that we start is in it, and
# another user's cluster is not.
cgroup_name=$host_interface-$(printf '%s' "$cluster_home" | sha256sum | cut -c1-8)
