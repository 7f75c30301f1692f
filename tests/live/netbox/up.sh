#!/usr/bin/env bash
# Brings up a real NetBox from PyPI on a free port of 127.0.0.1: PostgreSQL and Redis of its own on sockets,
# NetBox under gunicorn, one worker for the webhooks, a superuser (admin/admin) and two API tokens. A second
# run starts only what does not run. Prints, on stdout:
#   NETBOX_URL=http://127.0.0.1:PORT
#   NETBOX_TOKEN=nbt_...        (v2)
#   NETBOX_TOKEN_V1=...
# Settings: NETBOX_LAB_DIR (needed), NETBOX_VERSION (4.7.3), NETBOX_PORT (the former one, else a free one),
#   NETBOX_BRANCHING=1  with the plugin netbox-branching, and
#   NETBOX_DB_DUMP  an SQL dump (plain, .gz or .xz) of an empty, migrated database. Without one the migrations
#                   run (5 to 7 minutes) and their result is kept in the cache for the next time.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
. "$LIVE/postgres-server.sh"
umask 022
mkdir -p "$RUN" "$LOG" "$ROOT/conf" "$ROOT/media" "$ROOT/scripts" "$ROOT/reports" "$PG" "$CACHE"
chmod 700 "$RUN"

# -- system packages
PLAIN="$CACHE/netbox-$NETBOX_VERSION-empty.sql.gz"
CACHED="$PLAIN"
[ -z "${NETBOX_BRANCHING:-}" ] || CACHED="$CACHE/netbox-$NETBOX_VERSION-branching-$BRANCHING_VERSION-empty.sql.gz"
for DUMP in ${NETBOX_DB_DUMP:+"$NETBOX_DB_DUMP"} "$CACHED" "$PLAIN"; do [ ! -s "$DUMP" ] || break; done
need=()
[ -n "$(pg_bindir)" ] || need+=(postgresql)
command -v redis-server >/dev/null || need+=(redis-server)
command -v cc >/dev/null || need+=(gcc libc6-dev)
[ -e /usr/include/postgresql/libpq-fe.h ] || need+=(libpq-dev)      # psycopg[c] is built from source
[ "${DUMP%.xz}" = "$DUMP" ] || command -v xz >/dev/null || need+=(xz-utils)
apt_install "${need[@]}"
PGBIN="$(pg_bindir)"; [ -n "$PGBIN" ] || die "no server of PostgreSQL 15 or later found"
phase "system packages: ${need[*]:-none missing}"

# -- NetBox itself
# The plugin lies beside it; it is there only for a NetBox whose PLUGINS name it.
VENV="$(venv "netbox-$NETBOX_VERSION" "netbox==$NETBOX_VERSION" "netboxlabs-netbox-branching==$BRANCHING_VERSION")"
phase "netbox $NETBOX_VERSION in $VENV"

secret() {  # secret NAME: 60 characters, made once
    [ -s "$RUN/$1" ] || (umask 077 && "$VENV/bin/python3" -c 'import secrets; print(secrets.token_hex(30))' >"$RUN/$1")
    cat "$RUN/$1"
}
cat >"$ROOT/conf/configuration.py" <<PY
ALLOWED_HOSTS = ['127.0.0.1', 'localhost']
DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql', 'NAME': 'netbox', 'USER': 'netbox', 'HOST': '$PG',
                         'CONN_MAX_AGE': 300}}
REDIS = {'tasks': {'URL': 'unix://$RUN/redis.sock', 'DATABASE': 0}, 'caching': {'URL': 'unix://$RUN/redis.sock?db=1'}}
SECRET_KEY = '$(secret secret_key)'
API_TOKEN_PEPPERS = {1: '$(secret pepper)'}     # without one, no v2 tokens
AUTH_PASSWORD_VALIDATORS = []                   # admin/admin will do here
CENSUS_REPORTING_ENABLED = False                # nothing leaves the machine
ISOLATED_DEPLOYMENT = True
RELEASE_CHECK_URL = None
PY
[ -z "${NETBOX_BRANCHING:-}" ] || cat >>"$ROOT/conf/configuration.py" <<'PY'
from netbox_branching.utilities import DynamicSchemaDict
DATABASES = DynamicSchemaDict(DATABASES)
DATABASE_ROUTERS = ['netbox_branching.database.BranchAwareRouter']
PLUGINS = ['netbox_branching']
PY
[ ! -e "$ROOT/conf/more.py" ] || cat "$ROOT/conf/more.py" >>"$ROOT/conf/configuration.py"     # of a scenario
touch "$ROOT/conf/__init__.py"
cat >"$ROOT/conf/livewsgi.py" <<'PY'
"""gunicorn serves no static files: let Django do it, so that the web pages can be used."""
from django.contrib.staticfiles.handlers import StaticFilesHandler
from netbox.wsgi import application as netbox

application = StaticFilesHandler(netbox)
PY
chmod 600 "$ROOT/conf/configuration.py"
export NETBOX_ROOT="$ROOT" PYTHONPATH="$ROOT/conf" NETBOX_PROXMOX_API_SECRET_FILE="$RUN/api-secret"
netbox() { (cd "$ROOT" && "$VENV/bin/netbox" "$@"); }

# -- PostgreSQL. Durability is off: this database is thrown away.
pg_begin "$PG" netbox "$LOG" 'fsync = off' 'synchronous_commit = off' 'full_page_writes = off'
sql() { "$PGBIN/psql" -h "$PG" -U netbox -v ON_ERROR_STOP=1 -qAt "$@"; }
[ "$(sql -d postgres -c "select 1 from pg_database where datname = 'netbox'")" = 1 ] \
    || sql -d postgres -c 'create database netbox'

# -- Redis
if ! alive "$RUN/redis.pid" redis-server; then
    setsid redis-server --port 0 --unixsocket "$RUN/redis.sock" --unixsocketperm 700 --save '' --appendonly no \
        --dir "$RUN" </dev/null >"$LOG/redis.log" 2>&1 &
    echo $! >"$RUN/redis.pid"
fi
for _ in $(seq 100); do [ ! -S "$RUN/redis.sock" ] || break; sleep 0.1; done
[ -S "$RUN/redis.sock" ] || { tail -n 20 "$LOG/redis.log" >&2; die "Redis did not start"; }
phase "PostgreSQL and Redis"

# -- the schema
keep_empty() {  # for the next time
    "$PGBIN/pg_dump" -h "$PG" -U netbox --no-owner --no-privileges netbox | gzip >"$CACHED.$$"
    mv "$CACHED.$$" "$CACHED"
}
how='already there'
if [ "$(cat "$RUN/migrated" 2>/dev/null || true)" != "$NETBOX_VERSION" ]; then
    if [ -s "$DUMP" ]; then
        case "$DUMP" in *.xz) cat='xz -dc' ;; *.gz) cat='gzip -dc' ;; *) cat=cat ;; esac
        $cat "$DUMP" | sql -d netbox --single-transaction >"$LOG/restore.log" 2>&1 \
            || { tail -n 20 "$LOG/restore.log" >&2; die "restoring $DUMP failed"; }
        how="restored from $DUMP"
        if [ -n "${NETBOX_BRANCHING:-}" ] && [ "$DUMP" != "$CACHED" ]; then     # it lacks the plugin's tables
            netbox migrate --no-input >"$LOG/upgrade.log" 2>&1 || { tail -n 30 "$LOG/upgrade.log" >&2; die "netbox migrate failed"; }
            keep_empty
            how="$how, and migrated"
        fi
    else
        log '       running the migrations, which takes some minutes'
        netbox upgrade --no-input --skip-static --skip-reindex >"$LOG/upgrade.log" 2>&1 \
            || { tail -n 30 "$LOG/upgrade.log" >&2; die "netbox upgrade failed"; }
        keep_empty
        how='migrated'
    fi
    echo "$NETBOX_VERSION" >"$RUN/migrated"
fi
phase "database schema: $how"

# -- superuser and tokens
if [ ! -s "$RUN/token_v1" ]; then
    (umask 077 && RUN="$RUN" netbox shell >"$LOG/superuser.log" 2>&1 <<'PY'
import os
from users.models import Token, User
user, _ = User.objects.get_or_create(username='admin', defaults={'email': 'admin@localhost'})
user.is_superuser = user.is_active = True
user.set_password('admin')
user.save()
for version in (2, 1):
    token = Token(user=user, version=version, description='live tests'); token.save()
    open(os.path.join(os.environ['RUN'], f'token_v{version}'), 'w').write(
        f'nbt_{token.key}.{token.token}' if version == 2 else token.token)

PY
    ) && [ -s "$RUN/token_v1" ] || { tail -n 20 "$LOG/superuser.log" >&2; die "no token was made"; }
fi

# -- the server and its worker
if ! alive "$RUN/gunicorn.pid" gunicorn; then
    PORT="${NETBOX_PORT:-$(cat "$RUN/port" 2>/dev/null || echo 0)}"
    (cd "$ROOT" && exec setsid "$VENV/bin/gunicorn" --bind "127.0.0.1:$PORT" --workers 2 --threads 3 \
        --timeout 120 --no-control-socket livewsgi:application </dev/null >"$LOG/gunicorn.log" 2>&1) &
    echo $! >"$RUN/gunicorn.pid"
fi
if ! alive "$RUN/rqworker.pid" rqworker; then
    (cd "$ROOT" && exec setsid "$VENV/bin/netbox" rqworker high default low </dev/null >"$LOG/rqworker.log" 2>&1) &
    echo $! >"$RUN/rqworker.pid"
fi
ready() {   # asks /api/status/ until the version is right and the worker has reported itself
    "$VENV/bin/python3" - "$1" "$NETBOX_VERSION" "$(cat "$RUN/token_v2")" <<'PY'
import json, sys, urllib.request
url, version, token = sys.argv[1:]
request = urllib.request.Request(url + '/api/status/', headers={'Authorization': 'Bearer ' + token})
status = json.load(urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60))
sys.exit(not (status['netbox-version'].startswith(version) and status['rq-workers-running'] > 0))
PY
}
for _ in $(seq 100); do     # until both are what they become
    ! alive "$RUN/gunicorn.pid" gunicorn || ! alive "$RUN/rqworker.pid" rqworker || break
    sleep 0.1
done
URL=; ok=
for _ in $(seq 240); do
    alive "$RUN/gunicorn.pid" gunicorn || { tail -n 30 "$LOG/gunicorn.log" >&2; die "gunicorn ended"; }
    alive "$RUN/rqworker.pid" rqworker || { tail -n 30 "$LOG/rqworker.log" >&2; die "the worker ended"; }
    URL="$(sed -n 's#.*Listening at: \(http://127.0.0.1:[0-9]*\).*#\1#p' "$LOG/gunicorn.log" | tail -n 1)"
    if [ -n "$URL" ] && ready "$URL" 2>"$LOG/ready.log"; then ok=1; break; fi
    sleep 0.5
done
[ -n "$ok" ] || { tail -n 5 "$LOG/ready.log" "$LOG/gunicorn.log" >&2; die "NetBox did not become ready"; }
echo "${URL##*:}" >"$RUN/port"
phase "NetBox ready at $URL, $((SECONDS - STARTED)) s in all"
echo "NETBOX_URL=$URL"
echo "NETBOX_TOKEN=$(cat "$RUN/token_v2")"
echo "NETBOX_TOKEN_V1=$(cat "$RUN/token_v1")"
