#!/usr/bin/env bash
# init.sh RUN KUBERNETES TOOLS HOSTNAME NAMESERVER: the first process of the cluster's namespaces. It covers the
# folders that daemons write to, then waits and reaps. When it ends, the kernel ends all the others.
set -euo pipefail
run=$1 kubernetes=$2 tools=$3 name=$4 nameserver=$5
trap 'exit 0' INT TERM

# /run becomes a file system of our own: sockets, locks, network namespaces, and under fixed short names
# the folders that the cluster is made of, wherever the user's cache is.
inner=$run/inner
mkdir "$inner"
mount --no-mtab -t tmpfs -o mode=755 daskk8s "$inner"
mkdir -p "$inner"/{daskk8s,kubernetes,tools,lock}
mount --no-mtab --bind "$run" "$inner/daskk8s"
mount --no-mtab --bind -o ro "$kubernetes/bin" "$inner/kubernetes"
mount --no-mtab --bind -o ro "$tools" "$inner/tools"
mount --no-mtab --move "$inner" /run

# What Kubernetes writes under fixed names stays here as well.
for folder in /var/lib /var/log; do
    mount --no-mtab -t tmpfs -o mode=755 daskk8s "$folder"
done

# kubelet sets these for the whole machine; it finds them set and leaves the machine's alone.
mkdir /run/tunables
while read -r tunable value; do
    printf '%s\n' "$value" > "/run/tunables/${tunable//\//.}"
    mount --no-mtab --bind "/run/tunables/${tunable//\//.}" "/proc/sys/$tunable"
done << 'END'
vm/overcommit_memory 1
vm/panic_on_oom 0
kernel/panic 10
kernel/panic_on_oops 1
kernel/keys/root_maxkeys 1000000
kernel/keys/root_maxbytes 25000000
END

# Names are the cluster's own. The machine's name servers cannot be reached, and kubelet would wait for them.
printf 'nameserver %s\n' "$nameserver" > /run/resolv.conf
configured=$(realpath --canonicalize-missing /etc/resolv.conf)
if [[ ! -e $configured ]]; then # a link into the /run that we covered
    mkdir -p "$(dirname "$configured")"
    : > "$configured"
fi
mount --no-mtab --bind /run/resolv.conf "$configured"

hostname "$name"
: > /run/daskk8s/init.ready
while :; do
    sleep infinity &
    wait $! || true
done
