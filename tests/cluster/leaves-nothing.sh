#!/usr/bin/env bash
# Starts and ends clusters, whole and half ones, and compares the machine before and after each.
# Ends with a summary in the form of 'dotnet test'.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for part in steps settings namespace; do
    # shellcheck source=/dev/null
    . "$here/$part.sh"
done
need_root check
! cluster_is_up || fail "cluster $cluster_number is running; end it first, or set DASKK8S_CLUSTER to another one's number"

passed=0 failed=0
work=$(mktemp -d)
trap '[[ -z ${bystander:-} ]] || kill "$bystander"; "$cluster" down; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
# Inherited by all that a cluster.sh starts from here, so that others' processes are told apart.
export DASKK8S_CHECK=$$-$RANDOM TMPDIR=$work/tmp
mkdir "$TMPDIR"
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
    find "$TMPDIR" "$HOME/.kube" /usr/sbin/policy-rc.d 2> /dev/null || true
}

# Lets through what is not about a cluster with another number, which may come and go meanwhile.
not_of_others() {
    local pattern="daskk8s([0-9]+)|/run-([0-9]+)" line
    while IFS= read -r line; do
        if [[ $line =~ $pattern && ${BASH_REMATCH[1]}${BASH_REMATCH[2]} != "$cluster_number" ]] ||
            [[ $line == "$cluster_home"/work.* ]]; then continue; fi
        printf '%s\n' "$line"
    done
}

aspects=(processes mounts interfaces routes iptables cgroups tunables files)

snapshot() {
    mkdir -p "$1"
    processes > "$1/processes"
    cut -d' ' -f4- /proc/self/mountinfo | sort > "$1/mounts"
    ip -oneline address show | sed 's/\\.*//' | sort | not_of_others > "$1/interfaces"
    { ip -4 route show table all; ip -6 route show table all; ip rule; ip netns list; } | sort | not_of_others > "$1/routes"
    iptables_rules > "$1/iptables"
    cgroups | not_of_others > "$1/cgroups"
    tunables | sort | not_of_others > "$1/tunables"
    files | sort | not_of_others > "$1/files"
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

# While a cluster runs, the comparison must see it: what sees nothing proves nothing. Its mounts and
# iptables rules are in its own namespaces and must not be seen at any time.
seen() {
    local aspect
    snapshot "$work/during"
    for aspect in processes interfaces routes cgroups files; do
        if cmp --silent "$work/before/$aspect" "$work/during/$aspect"; then
            failed=$((failed + 1))
            say "FAILED: a running cluster is not seen in $aspect"
        else
            passed=$((passed + 1))
        fi
    done
    for aspect in mounts iptables tunables; do
        if diff "$work/before/$aspect" <(grep -v "$host_interface" "$work/during/$aspect") >&2; then passed=$((passed + 1)); else
            failed=$((failed + 1))
            say "FAILED: a running cluster changes the machine's $aspect"
        fi
    done
}

# interrupted SIGNAL AFTER VERB: sends the signal to a cluster.sh that has said that much, as a terminal
# does: to its whole process group. After a KILL it is for "down" to end what is left.
interrupted() {
    local code=0 group
    : > "$work/log"
    setsid env --default-signal=INT,QUIT "$cluster" "$3" > "$work/log" 2>&1 &
    group=$!
    wait_until 120 "$3 says: $2" grep -q "$2" "$work/log"
    kill "-$1" -- "-$group"
    wait "$group" || code=$?
    if ((code != 0)); then passed=$((passed + 1)); else
        failed=$((failed + 1))
        say "FAILED: $3 was not interrupted"
    fi
    [[ $1 != KILL ]] || "$cluster" down
    unchanged "$3, sent $1 after '$2'"
}

# Stands in for the contract tests: waits to be interrupted.
mkdir "$work/bin"
printf '#!/bin/sh\necho tests begin >&2\nexec sleep 600\n' > "$work/bin/dotnet"
chmod +x "$work/bin/dotnet"

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
    if [[ $run == first ]]; then # with pods, whose remains would be more
        "$cluster" smoke >&2 || fail "the smoke test failed"
        seen
    fi
    "$cluster" down
    unchanged "$run up and down"
done
interrupted INT "until the namespaces" up
interrupted INT "until the API server is ready" up
interrupted TERM "images named by releases" up
interrupted KILL "store of images" up
interrupted KILL "until the API server is ready" up
PATH=$work/bin:$PATH interrupted INT "tests begin" run
"$cluster" down
unchanged "down of nothing"
if kill -0 "$bystander"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
printf '  total: %d\n  failed: %d\n  succeeded: %d\n  skipped: 0\n' $((passed + failed)) "$failed" "$passed"
((failed == 0))
