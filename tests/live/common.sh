# shellcheck shell=bash
# Shared by the scripts of the live tests: caches, Python, packages, and processes ended by their id.
# Sourced; the caller has set -euo pipefail.
LIVE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
CACHE="${XDG_CACHE_HOME:-$HOME/.cache}/netbox-proxmox"
AS_ROOT=; [ "$(id -u)" != 0 ] || AS_ROOT=1

log() { printf '%s\n' "$*" >&2; }
die() { log "error: $*"; exit 1; }
retry() { local i; for i in 1 2 3; do "$@" && return 0; log "try $i failed: $*"; sleep $((i * 3)); done; return 1; }

STARTED=$SECONDS; PHASE=$SECONDS
phase() { log "$(printf '%5d s  %s' $((SECONDS - PHASE)) "$*")"; PHASE=$SECONDS; }

# alive PIDFILE WORD: the recorded process lives and has WORD in its command line (so it is still
# the one that was started, not another that got its id).
alive() {
    local pid
    [ -s "$1" ] || return 1
    read -r pid <"$1"
    [[ "$pid" =~ ^[0-9]+$ ]] && tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF -- "$2"
}

# stop_pid PIDFILE WORD SIGNAL SECONDS: asks with SIGNAL, insists with SIGKILL after SECONDS.
stop_pid() {
    local pid i
    if alive "$1" "$2"; then
        read -r pid <"$1"
        kill -s "$3" "$pid" 2>/dev/null || true
        for ((i = 0; i < $4 * 10; i++)); do
            alive "$1" "$2" || break
            sleep 0.1
        done
        if alive "$1" "$2"; then
            log "process $pid ($2) ignored SIG$3 for $4 s: SIGKILL"
            kill -s KILL "$pid" 2>/dev/null || true
        fi
    fi
    rm -f "$1"
}

# apt_install PACKAGE...: what is missing, without letting a package start a daemon of its own.
apt_install() {
    [ $# -gt 0 ] || return 0
    [ -n "$AS_ROOT" ] && command -v apt-get >/dev/null || die "missing and not installable from here: $*"
    local policy='' out rc=0
    out="$(mktemp)"
    if [ ! -e /usr/sbin/policy-rc.d ]; then
        policy=1
        printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
        chmod 755 /usr/sbin/policy-rc.d
    fi
    { retry apt-get update -q && DEBIAN_FRONTEND=noninteractive \
        retry apt-get install -y -q --no-install-recommends "$@"; } >"$out" 2>&1 || rc=$?
    [ -z "$policy" ] || rm -f /usr/sbin/policy-rc.d
    [ "$rc" = 0 ] || tail -n 20 "$out" >&2
    rm -f "$out"
    [ "$rc" = 0 ] || die "apt-get could not install $*"
}

# find_python: an interpreter of 3.12 or later that can make virtual environments.
find_python() {
    local c versions="${PYENV_ROOT:-$HOME/.pyenv}/versions"
    for c in ${LIVE_PYTHON:-} python3.13 python3.12 python3.14 python3 "$versions"/3.1[234].*/bin/python3 \
             "$CACHE"/python/*/bin/python3; do
        c="$(command -v "$c" 2>/dev/null)" || continue
        if "$c" -c 'import ensurepip, ssl, sys, venv; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; then
            printf '%s' "$c"
            return 0
        fi
    done
    return 1
}

# venv NAME REQUIREMENT...: prints the directory of a virtual environment that holds them. Kept in the
# cache, so a second run finds it; a half-made one is made again.
venv() {
    local dir="$CACHE/$1" want python
    shift
    want="$*"
    mkdir -p "$CACHE"
    (
        flock 9
        if [ "$(cat "$dir/installed" 2>/dev/null || true)" != "$want" ] || ! "$dir/bin/python3" -c '' 2>/dev/null; then
            python="$(find_python)" || die "no Python 3.12 or later (LIVE_PYTHON names one)"
            rm -rf "$dir"
            "$python" -m venv "$dir"
            retry "$dir/bin/pip" install -q --disable-pip-version-check "$@" >"$dir/pip.log" 2>&1 \
                || { tail -n 30 "$dir/pip.log" >&2; die "pip could not install $*"; }
            printf '%s\n' "$want" >"$dir/installed"
        fi
    ) 9>"$dir.lock" >&2
    printf '%s' "$dir"
}
