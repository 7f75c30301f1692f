#!/usr/bin/env bash
# tests/live/postgres.sh COMMAND...: runs it with INBOX_POSTGRES, the address of a PostgreSQL of its own, which listens on a
# socket in a directory that goes away with it. Durable, as the inbox's would be.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
. "$LIVE/postgres-server.sh"
[ $# -gt 0 ] || { sed -n '2,3s/^# //p' "$0"; exit 2; }

[ -n "$(pg_bindir)" ] || apt_install postgresql
HERE="$(mktemp -d "${TMPDIR:-/tmp}/inbox.XXXXXX")"
chmod 755 "$HERE"
PG="$HERE/pg"
cleanup() {
    local status=$?
    trap - EXIT INT TERM
    stop_pid "$PG/data/postmaster.pid" postgres INT 30      # INT: fast shutdown
    rm -rf "$HERE"
    exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
pg_begin "$PG" inbox "$HERE"
INBOX_POSTGRES="postgres://inbox@localhost/postgres?host=$PG" "$@"
