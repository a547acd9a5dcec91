#!/usr/bin/env bash
# A real Kubernetes on this machine for the tests, from Debian's packages alone. See
# docs/testing-on-a-real-cluster.md.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for part in steps settings packages bootstrap build-kubernetes images namespace certificates daemons up-and-down smoke; do
    # shellcheck source=/dev/null
    . "$here/$part.sh"
done

usage() {
    cat << 'END'
usage: cluster.sh VERB     (all but kubeconfig, kubectl, release and version need root)

  run            build what is missing, start, run the contract tests, end; DASKK8S_DASK=2024.12.1 for one image alone
  build          build Kubernetes and fetch the tools, unless the cache has them
  images         make the Dask images, unless the cache has them
  up             build what is missing, start the cluster, wait until it takes pods
  down           end it; works on the half of a cluster, too
  status         which daemons live, the node, the pods
  kubeconfig     print the path of the kubeconfig
  kubectl        print the path of the kubectl that was built
  version        print what the cluster is made of
  restart NAME   kill a daemon and start it again, wait until it serves (kube-apiserver, kubelet, ...)
  restart-apiserver
  release [..]   install the contract tests' release (my-dask in namespace default, unless arguments say otherwise)
  smoke          a small Dask release on the running cluster: DNS, logs, port-forward, GPUs, tokens
  check          start and end clusters, also half-way, and compare the machine before and after
  clean          delete the cache

DASKK8S_CLUSTER=1 to 15 makes and names further clusters beside the first, number 0.
END
}

# A function, so that bash has read all of it before it does anything.
main() {
    local verb=${1:-}
    case $verb in
    build)
        need_root "$@"
        take_lock build 3600
        build_kubernetes
        unpack_tools
        ;;
    images)
        need_root "$@"
        take_lock build 3600
        build_images
        ;;
    up | down | status | smoke)
        need_root "$@"
        "verb_$verb"
        ;;
    run)
        need_root "$@"
        verb_run "${@:2}"
        ;;
    check)
        need_root "$@"
        exec "$here/leaves-nothing.sh"
        ;;
    clean)
        need_root "$@"
        take_lock build 3600
        ! compgen -G "$cluster_home/run-*/init.pid" > /dev/null || fail "a cluster is running: $cluster_home/run-*"
        rm -rf "$cluster_home"
        ;;
    version)
        cat "$(kubernetes_folder)/built-from" "$(tools_folder)/built-from" "$(images_folder)/built-from"
        ;;
    release)
        verb_release "${@:2}"
        ;;
    restart)
        need_root "$@"
        verb_restart "${2:?which daemon: ${daemons[*]}}"
        ;;
    restart-apiserver)
        need_root "$@"
        verb_restart kube-apiserver
        ;;
    kubeconfig) printf '%s\n' "$run_folder/kubeconfig" ;;
    kubectl) printf '%s\n' "$(kubernetes_folder)/bin/kubectl" ;;
    *)
        usage >&2
        exit 2
        ;;
    esac
}

main "$@"
