# shellcheck shell=bash
# The verbs that change what runs.

verb_up() {
    local started=$EPOCHREALTIME
    take_lock
    build_kubernetes
    build_images
    unpack_tools
    install_packages "${runtime_packages[@]}"
    refuse_clashes
    # A cluster that does not come up, or is interrupted, goes away again.
    trap give_up EXIT
    trap 'exit 130' INT TERM HUP
    remove_cluster
    boot
    trap - EXIT INT TERM HUP
    say "$(printf '%7s s  cluster up; export KUBECONFIG=%s' "$(seconds_since "$started")" "$run_folder/kubeconfig")"
}

give_up() {
    local code=$? log
    trap '' INT TERM HUP
    say "up did not finish (exit code $code); the ends of the logs:"
    for log in "$run_folder"/log/*.log; do
        [[ -s $log ]] && say "--- $(basename "$log")" && tail -n 5 "$log" >&2
    done
    remove_cluster
    exit "$code"
}

boot() {
    mkdir -p "$run_folder"
    make_cgroups
    make_namespace
    make_network
    step "certificates" make_certificates
    start_etcd
    start_kube-apiserver
    step "store of images" link_store
    start_containerd
    wait_until 60 "the API server is ready" api_is_ready
    start_kube-controller-manager
    start_kube-scheduler
    start_kubelet
    start_kube-proxy
    start_dns
    wait_until 20 "containerd answers" containerd_answers
    step "images named by releases" tag_images
    wait_until 60 "the node is ready" node_is_ready
    offer_gpus
    wait_until 30 "pods may be made" kubectl get serviceaccount default
    wait_until 30 "Services are routed" services_are_routed
}

kubectl() { "$(kubernetes_folder)/bin/kubectl" --kubeconfig "$run_folder/kubeconfig" --request-timeout=10s "$@"; }

api_is_ready() { kubectl get --raw /readyz; }

ctr_inside() { in_cluster /run/tools/usr/bin/ctr --namespace k8s.io "$@"; }

containerd_answers() { ctr_inside version; }

node_is_ready() {
    [[ $(kubectl get node "$node_name" -o jsonpath='{.status.conditions[?(@.type=="Ready")].status}') == True ]]
}

services_are_routed() { in_cluster iptables-save -t nat | grep -q "$kubernetes_service/32"; }

# Containers write to layers of their own, so the unpacked images can be shared with the cache; only
# containerd's databases are changed in place and are copied.
link_store() {
    local store database
    store=$(images_folder)/store
    cp -al "$store" "$run_folder/containerd"
    while read -r database; do
        cp --remove-destination "$store/$database" "$run_folder/containerd/$database"
    done < <(cd "$store" && find . -maxdepth 2 -name '*.db')
}

# The releases in the shared folder name the image of a registry; ours of the same version stands in.
tag_images() {
    local image version
    while read -r image; do
        for version in "${dask_images[@]%%:*}"; do
            [[ $image != *:"$version" ]] || ctr_inside images tag "$image_repository:$version" "$image" > /dev/null
        done
    done < <(cat "$shared_releases"/*/objects.json 2> /dev/null |
        grep -o '"image": *"[^"]*/dask:[^"]*"' | cut -d'"' -f4 | sort -u)
}

# kubectl of this version cannot patch a status; the API can.
offer_gpus() {
    local what
    for what in capacity allocatable; do
        printf '[{"op":"add","path":"/status/%s/nvidia.com~1gpu","value":"%s"}]' "$what" "$gpu_count" |
            curl --silent --show-error --fail --max-time 10 --request PATCH --data-binary @- \
                --cacert "$run_folder/pki/ca.crt" --header "@$run_folder/pki/admin-headers" \
                "https://$node_address:6443/api/v1/nodes/$node_name/status" > /dev/null
    done
}

verb_down() {
    take_lock
    trap '' INT TERM HUP
    remove_cluster
}

verb_restart() {
    need_cluster
    stop_daemon "$1"
    "start_$1"
    case $1 in
    kube-apiserver) wait_until 60 "the API server is ready" api_is_ready ;;
    kubelet) wait_until 60 "the node is ready" node_is_ready ;;
    esac
}

verb_status() {
    local name
    if ! cluster_is_up; then
        say "no cluster is running"
        return 3
    fi
    for name in "${daemons[@]}"; do
        printf '%-24s %s\n' "$name" "$(daemon_lives "$name" && echo "lives, process $(< "$run_folder/$name.pid")" || echo "DEAD, see $run_folder/log/$name.log")"
    done
    kubectl get nodes -o wide
    kubectl get pods --all-namespaces -o wide
}
