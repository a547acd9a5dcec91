# shellcheck shell=bash
# Each daemon of the cluster: its configuration and its command. Paths are those inside the namespace,
# where the run folder is /run/daskk8s.

daemons=(etcd containerd kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy dns)

# daemon NAME COMMAND...: starts it inside, with its process id and its log in the run folder.
daemon() (
    name=$1
    shift
    echo "$BASHPID" > "$(tracking_cgroup)/cgroup.procs"
    exec 9>&-
    nsenter --target "$(< "$run_folder/init.pid")" --mount --net --pid --uts --ipc --no-fork --wd=/ \
        env HOME=/run/daskk8s PATH="/run/kubernetes:/run/tools/usr/bin:/run/tools/usr/sbin:$PATH" \
        bash -c 'log=$1; shift; setsid "$@" < /dev/null >> "$log" 2>&1 & echo $!' \
        bash "/run/daskk8s/log/$name.log" "$@" > "$run_folder/$name.pid"
)

daemon_lives() { [[ -e $run_folder/$1.pid ]] && kill -0 "$(< "$run_folder/$1.pid")" 2> /dev/null; }

daemon_ended() { ! daemon_lives "$1"; }

stop_daemon() {
    daemon_lives "$1" || return 0
    kill -KILL "$(< "$run_folder/$1.pid")"
    wait_until 60 "$1 has ended" daemon_ended "$1"
}

start_etcd() {
    daemon etcd etcd --data-dir /var/lib/etcd --unsafe-no-fsync --logger zap \
        --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
        --listen-peer-urls http://127.0.0.1:2380
}

start_kube-apiserver() {
    local pki=/run/daskk8s/pki
    daemon kube-apiserver kube-apiserver \
        --etcd-servers http://127.0.0.1:2379 \
        --bind-address "$node_address" --advertise-address "$node_address" --secure-port 6443 --insecure-port 0 \
        --tls-cert-file $pki/apiserver.crt --tls-private-key-file $pki/apiserver.key \
        --client-ca-file $pki/ca.crt --token-auth-file $pki/tokens.csv --authorization-mode RBAC \
        --kubelet-client-certificate $pki/apiserver-to-kubelet.crt \
        --kubelet-client-key $pki/apiserver-to-kubelet.key \
        --kubelet-preferred-address-types InternalIP \
        --service-cluster-ip-range "$service_cidr" \
        --service-account-issuer https://kubernetes.default.svc \
        --service-account-signing-key-file $pki/service-accounts.key \
        --service-account-key-file $pki/service-accounts.key \
        --allow-privileged --profiling=false
}

start_kube-controller-manager() {
    daemon kube-controller-manager kube-controller-manager --kubeconfig /run/daskk8s/kubeconfig \
        --leader-elect=false --port 0 --use-service-account-credentials \
        --root-ca-file /run/daskk8s/pki/ca.crt \
        --service-account-private-key-file /run/daskk8s/pki/service-accounts.key
}

start_kube-scheduler() {
    daemon kube-scheduler kube-scheduler --kubeconfig /run/daskk8s/kubeconfig --leader-elect=false --port 0
}

start_kube-proxy() {
    daemon kube-proxy kube-proxy --kubeconfig /run/daskk8s/kubeconfig --hostname-override "$node_name" \
        --proxy-mode iptables --cluster-cidr "$pod_cidr" --iptables-min-sync-period 200ms \
        --conntrack-max-per-core 0 --conntrack-tcp-timeout-established 0s --conntrack-tcp-timeout-close-wait 0s
}

start_containerd() {
    mkdir -p "$run_folder/cni"
    # restrict_oom_score_adj: in a sandbox, root may lack the right to lower it.
    cat > "$run_folder/containerd.toml" << END
version = 2
root = "/run/daskk8s/containerd"
state = "/run/containerd"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "$pause_image"
  disable_apparmor = true
  restrict_oom_score_adj = true
  stream_server_address = "127.0.0.1"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/run/tools/usr/lib/cni"
    conf_dir = "/run/daskk8s/cni"
END
    cat > "$run_folder/cni/pods.conflist" << END
{"cniVersion": "0.4.0", "name": "pods", "plugins": [{
  "type": "bridge", "bridge": "$pod_bridge", "isGateway": true, "hairpinMode": true,
  "ipam": {"type": "host-local", "ranges": [[{"subnet": "$pod_cidr"}]], "routes": [{"dst": "0.0.0.0/0"}]}}]}
END
    daemon containerd containerd --config /run/daskk8s/containerd.toml
}

start_kubelet() {
    # Without device plugins kubelet does not reset the GPUs that we gave the node when it restarts.
    cat > "$run_folder/kubelet.yaml" << END
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication: {anonymous: {enabled: false}, webhook: {enabled: false}, x509: {clientCAFile: /run/daskk8s/pki/ca.crt}}
authorization: {mode: AlwaysAllow}
address: $node_address
readOnlyPort: 0
clusterDomain: cluster.local
clusterDNS: [$node_address]
resolvConf: /etc/resolv.conf
cgroupDriver: cgroupfs
cgroupRoot: /$cgroup_name
enforceNodeAllocatable: []
failSwapOn: false
evictionHard: {memory.available: 50Mi, nodefs.available: 100Mi}
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
nodeStatusUpdateFrequency: 1s
nodeStatusReportFrequency: 5m
volumePluginDir: /run/daskk8s/volume-plugins
volumeStatsAggPeriod: 0s
kubeAPIQPS: 50
kubeAPIBurst: 100
featureGates: {DevicePlugins: false}
END
    daemon kubelet kubelet --config /run/daskk8s/kubelet.yaml --kubeconfig /run/daskk8s/kubeconfig \
        --container-runtime remote --container-runtime-endpoint unix:///run/containerd/containerd.sock \
        --hostname-override "$node_name" --node-ip "$node_address" \
        --root-dir /run/daskk8s/kubelet --cert-dir /run/daskk8s/kubelet/pki
}

start_dns() {
    install -m 755 "$here/inside/dns.sh" "$run_folder/dns.sh"
    daemon dns /run/daskk8s/dns.sh "$node_address"
}
