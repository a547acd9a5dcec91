#!/usr/bin/env bash
# Starts and ends clusters, whole and half ones, and compares the machine before and after each.
# Ends with "N passed, N failed".
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for part in settings steps namespace; do
    # shellcheck source=/dev/null
    . "$here/$part.sh"
done
need_root check
! cluster_is_up || fail "a cluster is running; end it first with: $here/cluster.sh down"

passed=0 failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"; [[ -z ${bystander:-} ]] || kill "$bystander"' EXIT
# Inherited by all that a cluster.sh starts from here, so that others' processes are told apart.
export DASKK8S_CHECK=$$-$RANDOM
cluster=$here/cluster.sh

processes() {
    local environment pid
    for environment in /proc/[0-9]*/environ; do
        pid=${environment//[!0-9]/}
        [[ $pid != "$$" && $pid != "$BASHPID" ]] || continue
        ! grep -qs --null-data "^DASKK8S_CHECK=$DASKK8S_CHECK$" "$environment" ||
            ps --no-headers -o pid,args --pid "$pid" | grep -v -e "$0" || true
    done
    our_processes
}

cgroups() {
    local root
    while read -r root; do
        find "$root" -mindepth 1 -maxdepth 1 -type d
        find "$root" -name "*$cgroup_name*" -o -name kubepods
    done < <(cgroup_roots) | sort -u
}

iptables_rules() {
    local save
    for save in iptables-nft-save ip6tables-nft-save iptables-legacy-save ip6tables-legacy-save; do
        ! command -v "$save" > /dev/null || "$save" 2>&1 | grep -v '^#' | sed 's/\[[0-9:]*\]//' || true
    done
}

tunables() {
    sysctl --all --pattern '^(vm\.(overcommit|panic)|kernel\.(panic|keys)|net\.ipv4\.(ip_forward|conf)|net\.bridge|net\.netfilter\.nf_conntrack_(max|tcp))' 2> /dev/null
}

# Names only: what others write into their own files is not ours.
files() {
    find /run /var/lib /var/log /etc /opt /usr/libexec -maxdepth 2 -not -path '/run/user/*' 2> /dev/null
    find "$cluster_home" -maxdepth 1
    find "$HOME/.kube" /tmp/*daskk8s* /usr/sbin/policy-rc.d 2> /dev/null || true
}

aspects=(processes mounts interfaces routes iptables cgroups tunables files)

snapshot() {
    mkdir -p "$1"
    processes | sort > "$1/processes"
    cut -d' ' -f4- /proc/self/mountinfo | sort > "$1/mounts"
    ip -oneline address show | sed 's/\\.*//' | sort > "$1/interfaces"
    { ip -4 route show table all; ip -6 route show table all; ip rule; ip netns list; } | sort > "$1/routes"
    iptables_rules > "$1/iptables"
    cgroups > "$1/cgroups"
    tunables | sort > "$1/tunables"
    files | sort > "$1/files"
}

# unchanged WHAT: compares with the machine before.
unchanged() {
    local aspect
    snapshot "$work/after"
    for aspect in "${aspects[@]}"; do
        if diff "$work/before/$aspect" "$work/after/$aspect" > "$work/difference"; then
            passed=$((passed + 1))
        else
            failed=$((failed + 1))
            say "FAILED $1: $aspect differ:"
            cat "$work/difference" >&2
        fi
    done
    say "$passed passed so far: $1"
}

# start_up LOG: an "up" as a terminal starts it, in a process group that can be sent Ctrl-C.
start_up() {
    : > "$1"
    setsid env --default-signal=INT,QUIT "$cluster" up > "$1" 2>&1 &
    up=$!
}

# interrupted SIGNAL AFTER: sends the signal to an "up" that has said that much; -KILL leaves the rest to "down".
interrupted() {
    local code=0
    start_up "$work/up.log"
    wait_until 120 "up to say: $2" grep -q "$2" "$work/up.log"
    kill "-$1" -- "-$up"
    wait "$up" || code=$?
    ((code != 0)) || say "up ended before it was interrupted"
    [[ $1 != KILL ]] || "$cluster" down
    unchanged "up, sent $1 after '$2'"
}

"$cluster" build
"$cluster" images
"$cluster" down

# Not ours, though it looks like it.
cp "$(command -v sleep)" "$work/containerd"
env --unset=DASKK8S_CHECK "$work/containerd" 3600 &
bystander=$!

snapshot "$work/before"
for run in first second; do
    "$cluster" up
    "$cluster" status > "$work/status"
    "$cluster" down
    unchanged "$run up and down"
done
interrupted INT "until the namespaces"
interrupted INT "until the API server is ready"
interrupted TERM "images named by releases"
interrupted KILL "store of images"
interrupted KILL "until the API server is ready"
"$cluster" down
unchanged "down of nothing"
if kill -0 "$bystander"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
printf '%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))
