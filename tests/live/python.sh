#!/usr/bin/env bash
# For a machine without Python 3.12 or later (Debian 12 brings 3.11): builds the one of Debian 13 from its
# source package into the cache, where find_python sees it. Takes some minutes and root; does nothing if
# there is one already.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
if found="$(find_python)"; then
    echo "$found"
    exit 0
fi
apt_install gcc make libc6-dev dpkg-dev libssl-dev zlib1g-dev libffi-dev liblzma-dev xz-utils ca-certificates
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
# From the mirror that this machine uses.
mirror="$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v security | head -n 1)"
[ -n "$mirror" ] || die "apt has no mirror"
echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main" >"$work/sources.list"
trixie() {
    apt-get -q -o Dir::Etc::SourceList="$work/sources.list" -o Dir::Etc::SourceParts=/dev/null \
        -o Dir::State::Lists="$work/lists" -o Dir::Cache="$work/cache" -o APT::Sandbox::User=root "$@"
}
cd "$work"
{
    retry trixie update && retry trixie source --download-only python3.13 \
        && mkdir python && tar -xf python3.13_*.orig.tar.xz -C python --strip-components 1 && cd python \
        && ./configure --prefix="$CACHE/python/3.13" --disable-test-modules && make -j"$(nproc)" && make install
} >"$work/log" 2>&1 || { tail -n 30 "$work/log" >&2; die "Python could not be built"; }
find_python || die "the Python that was built does not work"
