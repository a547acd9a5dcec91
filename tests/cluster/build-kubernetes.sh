# shellcheck shell=bash
# Kubernetes from Debian's source package, in GOPATH mode as its own makefiles do it.

kubernetes_commands=(kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kubectl)

kubernetes_folder() {
    printf '%s\n' "$cluster_home/kubernetes-$kubernetes_version-$(hash_of "$here/build-kubernetes.sh" <(echo "$kubernetes_upstream"))"
}

build_kubernetes() {
    local target
    target=$(kubernetes_folder)
    [[ -e $target/built-from ]] || compile_into "$target"
}

compile_into() (
    target=$1
    install_packages "${build_packages[@]}"
    make_work_folder
    step "source of Kubernetes $kubernetes_version" fetch_kubernetes_source
    export GOPATH=$work/go GOCACHE=$work/gocache GO111MODULE=off CGO_ENABLED=0 GOFLAGS=-trimpath
    cd "$work/go/src/k8s.io/kubernetes"
    step "a reflect2 that fits this Go" replace_reflect2
    step "generated code" generate_openapi
    step "Kubernetes built" compile_kubernetes
    { dpkg-query --show golang-go golang-github-modern-go-reflect2-dev; basename "$work"/*.orig.tar.*; } \
        > "$work/out/built-from"
    cd /
    mv "$work/out" "$target"
)

# apt gets a list of sources of its own, derived from the machine's, and leaves no state on the machine.
fetch_kubernetes_source() {
    local mirror apt
    mirror=$(debian_mirror)
    printf 'deb-src %s %s main\n' "$mirror" "$debian_codename" > "$work/sources.list"
    mkdir -p "$work/lists/partial" "$work/archives/partial" "$work/go/src/k8s.io/kubernetes"
    apt=(apt-get -o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=-
        -o "Dir::State::lists=$work/lists" -o "Dir::Cache=$work" -o APT::Sandbox::User=root)
    quiet "${apt[@]}" update
    (cd "$work" && quiet "${apt[@]}" source --download-only --only-source kubernetes)
    compgen -G "$work/kubernetes_$kubernetes_upstream.orig.tar.*" > /dev/null ||
        fail "Debian's package kubernetes is no longer $kubernetes_upstream: $(ls "$work")"
    tar -xf "$work"/kubernetes_"$kubernetes_upstream".orig.tar.* --strip-components=1 \
        -C "$work/go/src/k8s.io/kubernetes"
}

# The vendored one is older than Go 1.18's map iterator: the API server dies after minutes in UnsafeIterate.
replace_reflect2() {
    rm -rf vendor/github.com/modern-go/reflect2
    cp -rL /usr/share/gocode/src/github.com/modern-go/reflect2 vendor/github.com/modern-go/reflect2
}

generate_openapi() {
    local packages
    go build -o "$work/openapi-gen" ./vendor/k8s.io/kube-openapi/cmd/openapi-gen
    packages=$(grep -rl --include='*.go' '+k8s:openapi-gen=' pkg cmd staging/src/k8s.io vendor/k8s.io |
        grep -v -e _test.go -e zz_generated -e /code-generator/ -e /sample-apiserver/ -e /kube-openapi/ -e /gengo/ |
        xargs -n1 dirname | sed -e 's,^staging/src/,vendor/,' -e 's,^,k8s.io/kubernetes/,' | sort -u | paste -sd,)
    touch "$work/header"
    # Built with -trimpath the generator does not know where the standard library is.
    GOROOT=$(go env GOROOT) "$work/openapi-gen" --go-header-file "$work/header" -i "$packages" \
        -p k8s.io/kubernetes/pkg/generated/openapi -O zz_generated.openapi \
        --output-base "$work/go/src" --report-filename "$work/openapi-violations" >&2
}

# The clouds' code is not needed, and kubelet's for Docker waits 5 s for a Docker before it starts.
compile_kubernetes() {
    local part flags="-s -w"
    for part in component-base/version client-go/pkg/version; do # the second is what /version answers
        part=k8s.io/kubernetes/vendor/k8s.io/$part
        flags+=" -X $part.gitVersion=v$kubernetes_version -X $part.gitMajor=1 -X $part.gitMinor=20"
        flags+=" -X $part.gitTreeState=clean"
    done
    mkdir -p "$work/out/bin"
    nice go build -tags providerless,dockerless -o "$work/out/bin/" -ldflags "$flags" \
        "${kubernetes_commands[@]/#/./cmd/}"
}
