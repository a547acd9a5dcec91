# shellcheck shell=bash
# Saying what is done and how long it took, waiting with a limit, and one run at a time.

say() { printf '%s\n' "$*" >&2; }

fail() {
    say "cluster.sh: $*"
    exit 1
}

seconds_since() { awk -v now="$EPOCHREALTIME" -v then="$1" 'BEGIN { printf "%.1f", now - then }'; }

# step WHAT COMMAND...: runs it and prints its time.
step() {
    local what=$1 started=$EPOCHREALTIME
    shift
    "$@"
    say "$(printf '%7s s  %s' "$(seconds_since "$started")" "$what")"
}

# wait_until SECONDS WHAT COMMAND...: polls the command, ten times a second; silent if there was nothing to wait for.
wait_until() {
    local seconds=$1 what=$2 started=$EPOCHREALTIME deadline=$((SECONDS + $1))
    shift 2
    ! "$@" > /dev/null 2>&1 || return 0
    until "$@" > /dev/null 2>&1; do
        ((SECONDS < deadline)) || fail "gave up after $seconds s of waiting until $what"
        sleep 0.1
    done
    say "$(printf '%7s s  until %s' "$(seconds_since "$started")" "$what")"
}

# quiet COMMAND...: shows the output only if the command fails.
quiet() {
    local output
    output=$("$@" 2>&1 < /dev/null) || fail "$1 failed: $* "$'\n'"$output"
}

need_root() {
    [[ $EUID -eq 0 ]] || fail "needs root: it makes namespaces, mounts and cgroups. Try: sudo -E $0 $*"
}

# take_lock NAME SECONDS: one at a time makes what is cached, or starts or ends a cluster. Daemons are
# started without it (9>&-).
take_lock() {
    mkdir -p "$cluster_home"
    exec 9> "$cluster_home/$1.lock"
    flock --wait "$2" 9 || fail "another cluster.sh has held $cluster_home/$1.lock for $2 s"
}

# A folder for one subshell, gone with it. It lies in the cache so that its results can be moved there.
make_work_folder() {
    mkdir -p "$cluster_home"
    work=$(mktemp -d "$cluster_home/work.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    trap 'exit 130' INT TERM
}

# hash_of FILE...: a short key of their contents.
hash_of() { cat "$@" | sha256sum | cut -c1-12; }
