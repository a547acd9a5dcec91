#!/usr/bin/env bash
# Makes a Python with Dask, pandas and pyarrow, which Debian 12 and 13 lack, out of Debian's testing suite, once, and prints its path last.
# It needs root, as debootstrap and chroot do. DASKK8S_PYARROW names the result for the tests of tables.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/cluster
fail() { printf '%s\n' "$*" >&2; exit 1; }
# shellcheck source=tests/cluster/settings.sh
source "$here/settings.sh"
# shellcheck source=tests/cluster/packages.sh
source "$here/packages.sh"
# shellcheck source=tests/cluster/bootstrap.sh
source "$here/bootstrap.sh"
packages=python3-distributed,python3-pandas,$pyarrow_packages
target=$cluster_home/pyarrow-$(printf '%s' "$packages" | sha256sum | cut -c1-12)

make_root() {
    local root=$1
    # Stays outside: a folder that is half made is made again.
    rm -rf "$root"
    bootstrap testing "$root" "$packages"
    cat > "$root/python" <<PYTHON
#!/bin/sh
# Runs the Python of this root file system, with this machine's /proc, /dev and /tmp.
exec unshare --mount sh -c 'for f in proc dev tmp; do mount --rbind /\$f "$target/\$f" || exit 1; done; exec chroot "$target" /usr/bin/python3 "\$@"' sh "\$@"
PYTHON
    chmod +x "$root/python"
    rm -rf "$root"/var/cache/apt/archives/* "$root"/var/lib/apt/lists/*
}

if [ ! -x "$target/python" ]; then
    command -v debootstrap > /dev/null || DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends debootstrap debian-archive-keyring >&2
    mkdir -p "$cluster_home"
    make_root "$target.new" >&2
    rm -rf "$target"
    mv "$target.new" "$target"
fi
printf '%s\n' "$target/python"
