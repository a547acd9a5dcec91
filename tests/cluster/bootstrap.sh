# shellcheck shell=bash
# Root file systems of Debian's suites.

# Suites that have pyarrow beside Dask. debootstrap does not choose among packages that provide another: libre2-11 is named.
pyarrow_suites=' testing '
pyarrow_packages=python3-pyarrow,libre2-11

# bootstrap SUITE FOLDER PACKAGES
bootstrap() {
    local suite=$1 root=$2 packages=$3
    unshare --mount --pid --fork --kill-child --mount-proc \
        bash -c 'trap "exit 130" INT TERM; "$@"' bash \
        debootstrap --variant=minbase --include="$packages" "$suite" "$root" "$(debian_mirror)" 9>&- ||
        # What else is left of packages that others provide, apt sets right.
        { [[ $pyarrow_suites == *" $suite "* ]] && chroot "$root" apt-get --yes --fix-broken install; }
}
