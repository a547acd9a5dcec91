#!/usr/bin/env bash
# Gets a current kubectl, which the tests compare the library's reading of YAML and kubeconfigs with, from Debian unstable's package and
# unpacks it into the cache; nothing is installed. Prints its path. The mirror is the one that this machine installs its Debian from.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
fail() { printf '%s\n' "$*" >&2; exit 1; }
# shellcheck source=tests/cluster/packages.sh
. "$here/cluster/packages.sh"

oracle=${XDG_CACHE_HOME:-$HOME/.cache}/daskk8s/oracle
program=$oracle/usr/bin/kubectl
if [ ! -x "$program" ]; then
    command -v apt-get > /dev/null 2>&1 || fail "the oracle needs Debian's apt-get, or name a kubectl of 1.26 or later: export DASKK8S_KUBECTL_ORACLE=/path/to/kubectl"
    # shellcheck source=/dev/null
    debian_codename=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
    mirror=$(debian_mirror)
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/out"
    printf 'Types: deb\nURIs: %s\nSuites: unstable\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n' "$mirror" > "$work/unstable.sources"
    options=(-qq -o "Dir::Etc::sourcelist=$work/unstable.sources" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$work/lists"
        -o "Dir::Cache=$work/cache" -o Acquire::Languages=none -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false)
    [ "$(id -u)" -ne 0 ] || options+=(-o APT::Sandbox::User=root)
    apt-get "${options[@]}" update >&2
    (cd "$work" && apt-get "${options[@]}" download kubectl/unstable >&2)
    dpkg-deb --extract "$work"/kubectl_*.deb "$work/out"
    "$work/out/usr/bin/kubectl" version --client > /dev/null
    mkdir -p "$(dirname "$oracle")"
    rm -rf "$oracle"
    mv "$work/out" "$oracle"
fi

printf '%s\n' "$program"
