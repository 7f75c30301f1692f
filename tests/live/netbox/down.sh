#!/usr/bin/env bash
# Ends what up.sh started in NETBOX_LAB_DIR, by process id, and nothing else. With --wipe the directory
# goes too; the cache (virtual environment, empty database) stays.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
stop_pid "$RUN/rqworker.pid" rqworker TERM 20
stop_pid "$RUN/gunicorn.pid" gunicorn TERM 20
stop_pid "$RUN/redis.pid" redis-server TERM 10
stop_pid "$PG/data/postmaster.pid" postgres INT 30      # INT: fast shutdown
[ "${1:-}" != --wipe ] || rm -rf "$LAB"
