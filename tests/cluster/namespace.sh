# shellcheck shell=bash
# A network, mount, process and host-name namespace of our own, and the cgroups. Ending the namespace's
# first process ends everything in it: daemons, pods, mounts, interfaces, iptables rules.

cgroup_roots() {
    if [[ -e /sys/fs/cgroup/cgroup.controllers ]]; then
        printf '%s\n' /sys/fs/cgroup
    else
        awk '$3 ~ /^cgroup2?$/ { print $2 }' /proc/mounts | sort -u
    fi
}

# The hierarchy by which we know our own processes.
tracking_cgroup() {
    if [[ -e /sys/fs/cgroup/cgroup.controllers ]]; then
        printf '%s\n' "/sys/fs/cgroup/$cgroup_name/daemons"
    else
        printf '%s\n' "/sys/fs/cgroup/pids/$cgroup_name/daemons"
    fi
}

make_cgroups() {
    local root
    while read -r root; do
        mkdir -p "$root/$cgroup_name"
    done < <(cgroup_roots)
    mkdir -p "$(tracking_cgroup)"
    # cgroup v2 only: the pods' cgroups get the controllers that the machine's first level has.
    if [[ -e /sys/fs/cgroup/cgroup.controllers ]]; then
        sed 's/[a-z]\+/+&/g' /sys/fs/cgroup/cgroup.subtree_control > "/sys/fs/cgroup/$cgroup_name/cgroup.subtree_control"
    fi
}

# Every process below our cgroups, pods included.
our_processes() {
    local root
    while read -r root; do
        [[ ! -d $root/$cgroup_name ]] ||
            find "$root/$cgroup_name" -name cgroup.procs -exec cat {} + 2> /dev/null || true
    done < <(cgroup_roots) | sort -nu
}

cluster_is_up() { [[ -e $run_folder/init.pid ]] && kill -0 "$(< "$run_folder/init.pid")" 2> /dev/null; }

need_cluster() { cluster_is_up || fail "cluster $cluster_number is not running; start it with: $0 up"; }

refuse_clashes() {
    local route
    ! cluster_is_up || fail "cluster $cluster_number is running already, its kubeconfig is $run_folder/kubeconfig;
use it, end it with '$0 down', or make another one with DASKK8S_CLUSTER=1 to 15"
    [[ ! -e /sys/class/net/$host_interface ]] || interface_is_ours ||
        fail "interface $host_interface exists and is not ours: does another user run a cluster?"
    interface_is_ours || route=$({ ip -4 route show root "$cluster_cidr"; ip -4 route show match "$cluster_cidr"; } 2> /dev/null |
        grep -v '^default' || true)
    [[ -z ${route:-} ]] || fail "this machine routes $cluster_cidr elsewhere: $route"
}

# in_cluster COMMAND...: runs it inside the namespaces.
in_cluster() {
    nsenter --target "$(< "$run_folder/init.pid")" --mount --net --pid --uts --ipc --wd=/ "$@"
}

make_namespace() {
    local unshare_pid
    mkdir -p "$run_folder/log"
    (
        echo "$BASHPID" > "$(tracking_cgroup)/cgroup.procs"
        exec setsid unshare --mount --net --pid --uts --ipc --fork --mount-proc \
            "$here/inside/init.sh" "$run_folder" "$(kubernetes_folder)" "$(tools_folder)" \
            "$node_name" "$node_address" \
            < /dev/null > "$run_folder/log/init.log" 2>&1 9>&-
    ) &
    unshare_pid=$!
    wait_until 60 "the namespaces are made" test -e "$run_folder/init.ready"
    pgrep --parent "$unshare_pid" > "$run_folder/init.pid"
}

# One pair of interfaces and one route: this machine reaches node, pods and Services; they have no way out.
make_network() {
    local init
    init=$(< "$run_folder/init.pid")
    # The alias tells whose it is.
    ip link add "$host_interface" type veth peer name "$node_interface" netns "$init"
    ip link set "$host_interface" alias "$cgroup_name"
    in_cluster ip link set lo up
    in_cluster ip address add "$node_address/$link_prefix" dev "$node_interface"
    in_cluster ip link set "$node_interface" up
    # The node's own way to Services: any route will do, kube-proxy rewrites the address.
    in_cluster ip route add "$service_cidr" dev lo src "$node_address"
    # A Service that kube-proxy does not know yet refuses, as one without pods does; silence would cost seconds.
    in_cluster iptables -A FORWARD -d "$service_cidr" -j REJECT
    in_cluster sysctl --quiet --write net.ipv4.ip_forward=1
    sysctl --quiet --write "net.ipv6.conf.$host_interface.disable_ipv6=1" 2> /dev/null || true
    ip address add "$host_address/$link_prefix" dev "$host_interface"
    ip link set "$host_interface" up
    ip route add "$cluster_cidr" via "$node_address"
}

no_process_left() { [[ -z $(our_processes) ]]; }

kill_ours() {
    local pids
    mapfile -t pids < <(our_processes)
    ((${#pids[@]} == 0)) || kill -KILL "${pids[@]}" 2> /dev/null || true
    no_process_left
}

remove_cgroups() {
    local root left=0
    while read -r root; do
        [[ ! -d $root/$cgroup_name ]] || find "$root/$cgroup_name" -depth -type d -exec rmdir {} + 2> /dev/null || left=1
    done < <(cgroup_roots)
    return "$left"
}

interface_is_ours() { [[ $(cat "/sys/class/net/$host_interface/ifalias" 2> /dev/null) == "$cgroup_name" ]]; }

# Works on what it finds, so it ends a whole cluster as well as the half of one.
remove_cluster() {
    [[ -z $(our_processes) ]] || wait_until 60 "our processes are gone" kill_ours
    ! interface_is_ours || ip link delete "$host_interface" 2> /dev/null || true
    wait_until 60 "our cgroups are gone" remove_cgroups
    wait_until 60 "our files are gone" rm -rf "$run_folder"
}
