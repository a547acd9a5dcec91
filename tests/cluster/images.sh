# shellcheck shell=bash
# The images, without a registry: debootstrap makes the root file systems, containerd unpacks them once
# into a store, and each cluster starts from hard links to that store.

images_folder() {
    printf '%s\n' "$cluster_home/images-$(hash_of "$here/images.sh" "$here/bootstrap.sh" "$here"/image/* <(printf '%s ' \
        "$pause_image" "$image_repository" "${dask_images[@]}"))"
}

build_images() {
    local target
    target=$(images_folder)
    [[ -e $target/built-from ]] || make_images "$target"
}

make_images() (
    target=$1
    install_packages "${image_packages[@]}" "${runtime_packages[@]}"
    unpack_tools
    make_work_folder
    mkdir -p "$work/out" "$work/archives"
    step "image $pause_image" make_pause_image
    for image in "${dask_images[@]}"; do
        step "image $image_repository:${image%%:*} from ${image##*:}" make_dask_image "${image%%:*}" "${image##*:}"
    done
    step "images unpacked into a store" in_own_namespaces --net "$here/image/fill-store.sh" \
        "$(tools_folder)" "$work/archives" "$work/out/store"
    mv "$work/out" "$target"
)

# Whatever mounts or processes the command makes end with it. A namespace's first process ignores Ctrl-C
# unless it has a trap.
in_own_namespaces() {
    local net=()
    if [[ $1 == --net ]]; then
        net=(--net)
        shift
    fi
    unshare --mount --pid --fork --kill-child --mount-proc "${net[@]}" \
        bash -c 'trap "exit 130" INT TERM; "$@"' bash "$@" 9>&-
}

make_pause_image() {
    mkdir -p "$work/pause"
    GO111MODULE=off CGO_ENABLED=0 GOCACHE=$work/gocache \
        go build -trimpath -ldflags '-s -w' -o "$work/pause/pause" "$here/image/pause.go"
    tar -C "$work/pause" -cf "$work/layer.tar" pause
    archive "$pause_image" '"Entrypoint":["/pause"]'
}

# make_dask_image VERSION SUITES: from the first of the suites that holds the version.
make_dask_image() {
    local version=$1 suite packages root=$work/$1 found=
    for suite in ${2//,/ }; do
        packages=python3-distributed,python3-pandas,python3-aiohttp,tini
        [[ $pyarrow_suites != *" $suite "* ]] || packages+=,$pyarrow_packages
        rm -rf "$root"
        bootstrap "$suite" "$root" "$packages" > "$work/debootstrap.log" 2>&1 ||
            { say "debootstrap $suite failed: $(tail -n 5 "$work/debootstrap.log")"; continue; }
        found=$(dpkg-query --admindir "$root/var/lib/dpkg" --show --showformat '${Version}' python3-distributed)
        [[ $found != "$version"* ]] || break
        say "Debian $suite holds Dask $found, not $version"
    done
    [[ $found == "$version"* ]] || fail "none of Debian's suites $2 holds Dask $version"
    printf 'dask %s from %s\n' "$found" "$suite" >> "$work/out/built-from"
    install -m 755 "$here/image/prepare.sh" "$root/usr/bin/prepare.sh"
    ln -sf python3 "$root/usr/bin/python"
    rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/var/log/* \
        "$root"/usr/share/{doc,man,info,locale}/* "$root"/etc/{resolv.conf,hostname}
    tar -C "$root" --numeric-owner --exclude='./dev/*' --exclude='./proc/*' -cf "$work/layer.tar" .
    rm -rf "$root"
    archive "$image_repository:$version" '"Entrypoint":["tini","-g","--","/usr/bin/prepare.sh"]'
}

# archive NAME CONFIG: $work/layer.tar as an archive that "ctr images import" takes.
archive() {
    local folder=$work/archive name=$1 config=$2
    mkdir "$folder"
    mv "$work/layer.tar" "$folder/layer.tar"
    printf '{"architecture":"%s","os":"linux","config":{%s,"Env":["PATH=%s"]},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' \
        "$(dpkg --print-architecture)" "$config" /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        "$(sha256sum "$folder/layer.tar" | cut -d' ' -f1)" > "$folder/config.json"
    printf '[{"Config":"config.json","RepoTags":["%s"],"Layers":["layer.tar"]}]' "$name" > "$folder/manifest.json"
    tar -C "$folder" -cf "$work/archives/$(tr /: __ <<< "$name").tar" manifest.json config.json layer.tar
    rm -rf "$folder"
}
