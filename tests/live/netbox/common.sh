# shellcheck shell=bash
# Where up.sh keeps a NetBox and down.sh finds it. NETBOX_LAB_DIR must be given: the directory of this one
# NetBox, which the user `postgres` can reach when we are root. PostgreSQL and Redis listen on sockets in it
# only, so nothing but NetBox itself takes a port.
. "$(dirname "${BASH_SOURCE[0]}")/../common.sh"
[ -n "${NETBOX_LAB_DIR:-}" ] || die "NETBOX_LAB_DIR is not set: the directory for this NetBox, e.g. \$(mktemp -d)"
mkdir -p "$NETBOX_LAB_DIR"
LAB="$(cd "$NETBOX_LAB_DIR" && pwd)"
[ ${#LAB} -le 80 ] || die "NETBOX_LAB_DIR is too long for a socket path: $LAB"
NETBOX_VERSION="${NETBOX_VERSION:-4.7.3}"
BRANCHING_VERSION=1.2.2     # of netbox-branching, which is for NetBox 4.7 alone
ROOT="$LAB/root"    # NETBOX_ROOT: configuration, media
PG="$LAB/pg"        # owned by the database's user; cluster and socket
RUN="$LAB/run"      # process ids, port, secrets
LOG="$LAB/log"
