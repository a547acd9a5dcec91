# shellcheck shell=bash
# Debian's packages, by apt-get, without starting a service and without removing anything.
# What brings a service along (etcd, containerd) is unpacked into the cache instead of being installed.

tool_packages=(etcd-server containerd runc containernetworking-plugins)
runtime_packages=(iptables conntrack dnsmasq-base libseccomp2 iproute2 util-linux openssl procps curl)
build_packages=(golang-go golang-github-modern-go-reflect2-dev golang-github-json-iterator-go-dev xz-utils)
image_packages=(golang-go debootstrap debian-archive-keyring)

missing_packages() {
    local package
    for package in "$@"; do
        dpkg-query --show --showformat='${db:Status-Status}\n' "$package" 2> /dev/null | grep -qx installed ||
            printf '%s\n' "$package"
    done
}

install_packages() {
    local missing
    mapfile -t missing < <(missing_packages "$@")
    ((${#missing[@]} == 0)) || step "packages: ${missing[*]}" apt_install "${missing[@]}"
}

# A policy that forbids starting services is in force while we install, unless the machine has one already.
apt_install() (
    policy=/usr/sbin/policy-rc.d
    if [[ ! -e $policy ]]; then
        trap 'rm -f "$policy"' EXIT
        trap 'exit 130' INT TERM
        printf '#!/bin/sh\nexit 101\n' > "$policy"
        chmod +x "$policy"
    fi
    export DEBIAN_FRONTEND=noninteractive
    quiet apt-get update
    quiet apt-get --yes --no-install-recommends --no-remove install "$@"
)

tools_folder() { printf '%s\n' "$cluster_home/tools-$(hash_of "$here/packages.sh")"; }

unpack_tools() {
    local target
    target=$(tools_folder)
    [[ -e $target/built-from ]] || step "tools: ${tool_packages[*]}" fetch_tools "$target"
}

fetch_tools() (
    make_work_folder
    cd "$work"
    quiet apt-get update
    quiet apt-get -o APT::Sandbox::User=root download "${tool_packages[@]}"
    for package in *.deb; do dpkg-deb --extract "$package" out; done
    printf '%s\n' *.deb > out/built-from
    mv out "$1"
)

# The mirror that this machine installs this Debian from, out of both forms of apt's list of sources.
debian_mirror() {
    local mirror
    mirror=$({ one_line_sources; deb822_sources; } |
        awk -v suite="$debian_codename" '$2 == suite && !found { print $1; found = 1 }')
    [[ -n $mirror ]] || fail "no apt source for Debian $debian_codename on this machine: the build needs Debian 12"
    printf '%s\n' "$mirror"
}

# Both print "URI SUITE" lines.
one_line_sources() {
    cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2> /dev/null |
        sed -n 's/^deb \+\(\[[^]]*\] *\)\?//p' | awk '{ print $1, $2 }'
}

deb822_sources() {
    awk 'function flush(   u, s, U, S) {
             if (types ~ /(^| )deb( |$)/)
                 for (u = split(uris, U, " "); u > 0; u--)
                     for (s = split(suites, S, " "); s > 0; s--) print U[u], S[s]
             types = uris = suites = ""
         }
         FNR == 1 || /^[ \t]*$/ { flush() }
         /^Types:/ { sub(/^[^:]*: */, ""); types = $0 }
         /^URIs:/ { sub(/^[^:]*: */, ""); uris = $0 }
         /^Suites:/ { sub(/^[^:]*: */, ""); suites = $0 }
         END { flush() }' /dev/null /etc/apt/sources.list.d/*.sources 2> /dev/null
}
