# shellcheck shell=bash
# A PostgreSQL server that is thrown away. Sourced after common.sh.

pg_bindir() {   # the newest server of PostgreSQL 15 or later
    local d found='' best=14 v
    for d in /usr/lib/postgresql/*/bin; do
        v="${d%/bin}"; v="${v##*/}"
        if [[ "$v" =~ ^[0-9]+$ ]] && [ "$v" -gt "$best" ] && [ -x "$d/initdb" ]; then best=$v; found=$d; fi
    done
    printf '%s' "$found"
}

# It refuses to run as root; its directory (and socket) is closed to everybody else, so connections through it are trusted.
as_pg() {
    local other=()
    [ -z "$AS_ROOT" ] || other=(setpriv --reuid postgres --regid postgres --init-groups)
    (cd / && "${other[@]}" env -i PATH=/usr/bin:/bin LC_ALL=C "$@")
}

# pg_begin DIRECTORY USER LOGS [SETTING...]: makes a cluster there with this superuser, unless there is one, and starts it.
pg_begin() {
    local pg="$1" user="$2" logs="$3" bin
    shift 3
    bin="$(pg_bindir)"
    [ -n "$bin" ] || die "no server of PostgreSQL 15 or later found"
    mkdir -p "$pg"
    if [ -n "$AS_ROOT" ]; then
        id postgres >/dev/null 2>&1 || useradd --system --no-create-home --shell /usr/sbin/nologin postgres
        chown postgres: "$pg"
    fi
    chmod 700 "$pg"
    as_pg test -w "$pg" || die "the user postgres cannot reach $pg: one of its parent directories is closed"
    if ! as_pg test -e "$pg/made"; then
        as_pg rm -rf "$pg/data"
        as_pg "$bin/initdb" -D "$pg/data" -U "$user" -E UTF8 --locale=C.UTF-8 -A trust >"$logs/initdb.log" 2>&1 \
            || { tail -n 20 "$logs/initdb.log" >&2; die "initdb failed"; }
        printf '%s\n' "listen_addresses = ''" "unix_socket_directories = '$pg'" 'max_connections = 60' "$@" \
            | as_pg tee -a "$pg/data/postgresql.conf" >/dev/null
        as_pg touch "$pg/made"
    fi
    if ! alive "$pg/data/postmaster.pid" postgres; then
        as_pg rm -f "$pg/data/postmaster.pid"
        as_pg "$bin/pg_ctl" -D "$pg/data" -l "$pg/postgres.log" -w -t 60 start >"$logs/pg_ctl.log" 2>&1 \
            || { tail -n 20 "$pg/postgres.log" "$logs/pg_ctl.log" >&2; die "PostgreSQL did not start"; }
    fi
}
