# shellcheck shell=bash
# What the tests rely on, seen to work on the running cluster, once for each Dask image.

verb_smoke() {
    local version
    need_cluster
    passed=0 failed=0
    for version in "${dask_images[@]%%:*}"; do
        smoke "$version"
    done
    say "smoke: $passed of $((passed + failed)) checks passed"
    ((failed == 0))
}

# expect SECONDS WHAT COMMAND...
expect() {
    if (wait_until "$@"); then
        passed=$((passed + 1))
        say "ok     $2"
    else
        failed=$((failed + 1))
        say "FAILED $2"
    fi
}

smoke() {
    local namespace=smoke-${1//./-} folder=$run_folder/smoke started=$EPOCHREALTIME
    mkdir -p "$folder"
    kubectl create namespace "$namespace" > /dev/null
    sed "s|IMAGE|$image_repository:$1|" "$here/smoke.yaml" | k apply -f - > /dev/null
    expect 120 "Dask $1: all pods run" pods_run 4
    expect 120 "Dask $1: three workers found the scheduler by its Service's name" workers_registered 3
    say "$(printf '%7s s  from apply to three workers' "$(seconds_since "$started")")"
    expect 60 "logs are read" logs_say "Registered to"
    expect 60 "a name is resolved in a pod" in_scheduler 'import socket; socket.gethostbyname("smoke-scheduler")'
    expect 60 "a Service leads back to the pod that calls it" in_scheduler \
        'import urllib.request as u; u.urlopen("http://smoke-scheduler/health", timeout=5)'
    expect 60 "the API knows the pod's service account" in_scheduler "$(ask_api_from_pod)"
    expect 60 "port-forward carries HTTP" port_forward_serves
    expect 60 "the pod answers at its address" serves "$(address pod -l component=scheduler '{.items[0].status.podIP}'):8787"
    expect 60 "the Service answers at its address" serves "$(address service smoke-scheduler '{.spec.clusterIP}')"
    expect 60 "the Service answers at its node port" serves "$node_address:$(address service smoke-scheduler '{.spec.ports[1].nodePort}')"
    patch_status "namespaces/$namespace/services/smoke-scheduler" /status/loadBalancer '{"ingress":[{"ip":"'"$spare_addresses.7"'"}]}'
    expect 60 "the Service answers at its load balancer's address" serves "$spare_addresses.7"
    k scale deployment smoke-worker-gpu --replicas "$((gpu_count + 1))" > /dev/null
    expect 120 "$gpu_count pods get a GPU, one more waits" gpus_are_full
    # At once, for the next one wants the GPUs: workers without a scheduler take half a minute to end.
    k delete deployments --all > /dev/null
    k delete pods --all --force --grace-period 0 > /dev/null 2>&1
    kubectl delete namespace "$namespace" --wait=false > /dev/null
}

k() { kubectl --namespace "$namespace" "$@"; }

pods_run() { [[ $(k get pods --field-selector status.phase=Running --no-headers | grep -c '1/1') == "$1" ]]; }

in_scheduler() { k exec deploy/smoke-scheduler -- python3 -c "$1"; }

workers_registered() {
    in_scheduler 'import json, urllib.request as u
assert json.load(u.urlopen("http://localhost:8787/json/counts.json", timeout=5))["workers"] == '"$1"
}

logs_say() { k logs deploy/smoke-worker | grep -q "$1"; }

# Refused, but by name: the token was accepted and its account has no rights.
ask_api_from_pod() {
    cat << 'END'
import ssl, urllib.error, urllib.request as u
secrets = "/var/run/secrets/kubernetes.io/serviceaccount/"
request = u.Request("https://kubernetes.default.svc/api/v1/nodes",
                    headers={"Authorization": "Bearer " + open(secrets + "token").read()})
try:
    u.urlopen(request, timeout=5, context=ssl.create_default_context(cafile=secrets + "ca.crt"))
except urllib.error.HTTPError as refused:
    assert refused.code == 403 and b"system:serviceaccount:smoke" in refused.read()
END
}

address() { k get "${@:1:$#-1}" -o jsonpath="${*: -1}"; }

serves() { curl --silent --fail --max-time 5 "http://$1/health"; }

port_forward_serves() (
    k port-forward deploy/smoke-scheduler :8787 > "$folder/port-forward" 2>&1 &
    forward=$!
    trap 'kill "$forward"' EXIT
    wait_until 30 "port-forward listens" grep -q Forwarding "$folder/port-forward"
    serves "$(sed -n 's/^Forwarding from \(127[^ ]*\) .*/\1/p' "$folder/port-forward")"
)

gpus_are_full() {
    [[ $(k get pods -l group=gpu --no-headers | grep -c Running) == "$gpu_count" ]] &&
        k get events --field-selector reason=FailedScheduling | grep -q 'Insufficient nvidia.com/gpu'
}
