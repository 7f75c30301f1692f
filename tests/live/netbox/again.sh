#!/usr/bin/env bash
# Starts NetBox and its worker anew, at the same address: with what $NETBOX_LAB_DIR/root/conf/more.py says beside its
# configuration. NETBOX_BRANCHING as for up.sh.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
stop_pid "$RUN/rqworker.pid" rqworker TERM 20
stop_pid "$RUN/gunicorn.pid" gunicorn TERM 20
exec "$(dirname "${BASH_SOURCE[0]}")/up.sh"
