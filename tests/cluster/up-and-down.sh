# shellcheck shell=bash
# The verbs that change what runs.

verb_up() {
    local started=$EPOCHREALTIME
    refuse_clashes
    make_cached
    take_lock "run-$cluster_number" 300
    refuse_clashes
    # A cluster that does not come up, or is interrupted, goes away again.
    trap give_up EXIT
    trap 'exit 130' INT TERM HUP
    remove_cluster
    boot
    trap - EXIT INT TERM HUP
    exec 9>&-
    say "$(printf '%7s s  cluster up; export KUBECONFIG=%s' "$(seconds_since "$started")" "$run_folder/kubeconfig")"
}

# Whatever the cache lacks. What a killed run left half-made goes.
make_cached() {
    take_lock build 3600
    rm -rf "$cluster_home"/work.*
    build_kubernetes
    unpack_tools
    build_images
    install_packages "${runtime_packages[@]}"
    exec 9>&-
}

give_up() {
    local code=$? log
    trap '' INT TERM HUP
    say "up did not finish (exit code $code); the ends of the logs:"
    for log in "$run_folder"/log/*.log; do
        [[ -s $log ]] && say "--- $(basename "$log")" && tail -n 5 "$log" >&2
    done
    keep_logs
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
    wait_until 120 "the API server is ready" api_is_ready
    start_kube-controller-manager
    start_kube-scheduler
    start_dns
    start_kubelet
    start_kube-proxy
    wait_until 60 "containerd answers" containerd_answers
    step "images named by releases" tag_images
    wait_until 120 "the node is ready" node_is_ready
    offer_gpus
    wait_until 60 "pods may be made" kubectl get serviceaccount default
    wait_until 60 "Services are routed" services_are_routed
}

# Without a cache folder of its own kubectl leaves files in the home folder.
kubectl() { "$(kubernetes_folder)/bin/kubectl" --kubeconfig "$run_folder/kubeconfig" --cache-dir "$run_folder/kubectl-cache" "$@"; }

api_is_ready() { kubectl get --raw /readyz --request-timeout=10s; }

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

offer_gpus() {
    local what
    for what in capacity allocatable; do
        patch_status "nodes/$node_name" "/status/$what/nvidia.com~1gpu" "\"$gpu_count\""
    done
}

# patch_status OBJECT POINTER VALUE: kubectl of this version cannot patch a status; the API can.
patch_status() {
    printf '[{"op":"add","path":"%s","value":%s}]' "$2" "$3" |
        curl --silent --show-error --fail --max-time 10 --request PATCH --data-binary @- --output /dev/null \
            --cacert "$run_folder/pki/ca.crt" --header "@$run_folder/pki/admin-headers" \
            "https://$node_address:6443/api/v1/$1/status"
}

verb_down() {
    take_lock "run-$cluster_number" 300
    trap '' INT TERM HUP
    keep_logs
    remove_cluster
}

keep_logs() {
    [[ -z ${DASKK8S_KEEP_LOGS:-} || ! -d $run_folder/log ]] ||
        { mkdir -p "$DASKK8S_KEEP_LOGS" && cp "$run_folder"/log/*.log "$DASKK8S_KEEP_LOGS"; }
}

# The cluster ends with the tests, however they end; one that was running already is left alone.
verb_run() {
    integration_tests=$repository_root/tests/DaskK8s.IntegrationTests
    [[ -d $integration_tests ]] || fail "there are no contract tests to run: $integration_tests does not exist"
    command -v dotnet > /dev/null || fail "there is no dotnet to run the contract tests with"
    [[ -z ${DASKK8S_DASK:-} || " ${dask_images[*]%%:*} " == *" $DASKK8S_DASK "* ]] ||
        fail "DASKK8S_DASK is $DASKK8S_DASK; there are images of ${dask_images[*]%%:*}"
    refuse_clashes
    trap '"$here/cluster.sh" down' EXIT
    trap 'exit 130' INT TERM HUP
    "$here/cluster.sh" up
    step "contract tests" contract_tests "$@"
}

# The one place that knows how the contract tests are started: once for each Dask image, or for the one that
# DASKK8S_DASK names. The last two settings keep the compiler from leaving servers behind.
contract_tests() {
    local image status=0
    for image in "${dask_images[@]%%:*}"; do
        [[ -z ${DASKK8S_DASK:-} || $image == "$DASKK8S_DASK" ]] || continue
        say "contract tests with Dask $image"
        DASKK8S_TEST_KUBECONFIG=$run_folder/kubeconfig \
            DASKK8S_TEST_IMAGE=$image_repository:$image \
            DASKK8S_TEST_RESTART_APISERVER="$here/cluster.sh restart-apiserver" \
            DASKK8S_TEST_HOST_FILES=1 \
            MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false \
            dotnet test --project "$integration_tests" --configuration Release "$@" || status=$?
    done
    return "$status"
}

# A release to point the library, a benchmark or a sample at.
verb_release() {
    need_cluster
    dotnet run --project "$repository_root/tests/DaskK8s.Benchmarks" --configuration Release -- release --kubeconfig "$run_folder/kubeconfig" "$@"
}

verb_restart() {
    need_cluster
    stop_daemon "$1"
    "start_$1"
    case $1 in
    kube-apiserver) wait_until 120 "the API server is ready" api_is_ready ;;
    kubelet) wait_until 120 "the node is ready" node_is_ready ;;
    esac
}

verb_status() {
    local name
    if ! cluster_is_up; then
        say "cluster $cluster_number is not running"
        return 3
    fi
    for name in "${daemons[@]}"; do
        printf '%-24s %s\n' "$name" "$(daemon_lives "$name" && echo "lives, process $(< "$run_folder/$name.pid")" || echo "DEAD, see $run_folder/log/$name.log")"
    done
    kubectl get nodes -o wide
    kubectl get pods --all-namespaces -o wide
}
