#!/usr/bin/env bash
# dns.sh ADDRESS: dnsmasq on ADDRESS, with the names of the cluster's Services, kept up to date by a watch.
set -euo pipefail
hosts=/run/daskk8s/service-hosts
: > "$hosts"
kubectl=(kubectl --kubeconfig /run/daskk8s/kubeconfig)
dnsmasq --keep-in-foreground --log-facility=- --conf-file=/dev/null --user=root --pid-file \
    --no-resolv --no-hosts --addn-hosts="$hosts" --local=/cluster.local/ --local-ttl=1 --neg-ttl=1 \
    --listen-address="$1" --bind-interfaces &
dnsmasq=$!
trap 'kill "$dnsmasq"' EXIT

# Headless Services have no address and get no name here.
write_hosts() {
    "${kubectl[@]}" get services --all-namespaces --request-timeout=10s -o go-template='
{{- range .items}}{{if and .spec.clusterIP (ne .spec.clusterIP "None")}}{{.spec.clusterIP}} {{.metadata.name}}.{{.metadata.namespace}}.svc.cluster.local
{{end}}{{end}}' > "$hosts.new" || return 0
    if ! cmp --silent "$hosts" "$hosts.new"; then
        cat "$hosts.new" > "$hosts"
        kill -HUP "$dnsmasq"
    fi
}

# A watch begins with what there is; many changes at once lead to one listing.
while kill -0 "$dnsmasq"; do
    while read -r _; do
        while read -r -t 0.05 _; do :; done
        write_hosts
    done < <("${kubectl[@]}" get services --all-namespaces --watch -o name)
    sleep 0.2 # the watch ended: the API server restarts, or closed it after its usual time
done
