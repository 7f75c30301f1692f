#!/bin/bash
# Within a Debian of its own, booted where that is possible: installs the package, starts the server as its unit does,
# upgrades and removes it. /shared has the package and a signed delivery. The last line of the output is the result.
set -euo pipefail
unit=netbox-proxmox-webhook
booted=''
[ ! -d /run/systemd/system ] || booted=1
die() { echo "error: $*"; [ -z "$booted" ] || journalctl --no-pager -u "$unit" -n 40; exit 1; }

# ask METHOD PATH [HEADER] [FILE]: the status of the answer.
ask() {
    local length=0
    [ -z "${4:-}" ] || length="$(stat -c %s "$4")"
    exec 3<>/dev/tcp/127.0.0.1/8080 || return 1
    printf '%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s\r\nContent-Length: %s\r\n\r\n' \
        "$1" "$2" "${3:-Accept: */*}" "$length" >&3
    [ -z "${4:-}" ] || cat "$4" >&3
    head -n 1 <&3 | cut -d ' ' -f 2
    exec 3>&-
}
answers() { for _ in $(seq 100); do [ "$(ask GET /livez 2>/dev/null)" != 200 ] || return 0; sleep 0.1; done; die 'it does not answer'; }

echo '--- installed, and neither enabled nor started'
dpkg -i /shared/*.deb
[ "$(stat -c '%U %G %a' /etc/netbox-proxmox/secrets)" = 'root root 700' ] || die 'no folder for secrets'
[ "$(stat -c '%U %G %a' /var/lib/netbox-proxmox)" = 'netbox-proxmox netbox-proxmox 700' ] || die 'no folder for the inbox'
for page in man1/netbox-proxmox.1 man1/netbox-proxmox-plan.1 man8/netbox-proxmox-webhook.8; do
    gzip -t "/usr/share/man/$page.gz" || die "no manual page $page"
done
(. /usr/share/bash-completion/completions/netbox-proxmox && complete -p netbox-proxmox) || die 'no completion for bash'
systemd-analyze verify --man=no "/lib/systemd/system/$unit.service" || die 'the unit is not well'

configure() {
    local env=/etc/netbox-proxmox/environment
    sed -e 's#^NETBOX_URL=.*#NETBOX_URL=http://127.0.0.1:9#' -e 's#^PROXMOX_URL=.*#PROXMOX_URL=https://127.0.0.1:9#' \
        -e '$aNETBOX_CLUSTER=1' /usr/share/doc/netbox-proxmox/examples/netbox-proxmox.example.env >"$env"
    chown root:netbox-proxmox "$env"
    chmod 640 "$env"
    cd /etc/netbox-proxmox/secrets
    echo nbt_abc.the-token-of-netbox >netbox-token
    echo netbox-lab-webhook-secret-0123456789 >webhook-secret
    echo 'root@pam!a=the-token-of-proxmox' >proxmox-token
    chmod 600 ./*
    cd /
}
deliveries() {
    [ "$(ask POST /webhook "X-Hook-Signature: $(cat /shared/signature)" /shared/delivery.json)" = 202 ] || die 'no 202'
    [ "$(ask POST /webhook "X-Hook-Signature: 00" /shared/delivery.json)" = 401 ] || die 'no 401'
}

if [ -z "$booted" ]; then
    configure
    chown -R netbox-proxmox /etc/netbox-proxmox/secrets
    # As ExecStart does, of the unit's properties only the user, the folder and the variables.
    sed -e 's/secret_//' -e 's/:8080$/:0/' -n -e '/^[A-Z].*=./p' /etc/netbox-proxmox/environment >/shared/environment
    mapfile -t variables </shared/environment
    setpriv --reuid=netbox-proxmox --regid=netbox-proxmox --clear-groups env -i "${variables[@]}" \
        CREDENTIALS_DIRECTORY=/etc/netbox-proxmox/secrets NETBOX_PROXMOX_INBOX=sqlite:/var/lib/netbox-proxmox/inbox.sqlite \
        /usr/bin/netbox-proxmox-webhook >/shared/server 2>&1 &
    server=$!
    for _ in $(seq 100); do grep -q listening /shared/server && break; sleep 0.1; done
    cat /shared/server
    grep -q listening /shared/server || die 'it does not listen'
    kill "$server"
    wait "$server"
    [ -s /var/lib/netbox-proxmox/inbox.sqlite ] || die 'no inbox'
    dpkg -r netbox-proxmox
    echo 'the package is well'
    exit
fi

[ "$(systemctl is-enabled "$unit" || true) $(systemctl is-active "$unit" || true)" = 'disabled inactive' ] || die 'it is started'
systemd-analyze security --no-pager --threshold=20 "$unit" >/tmp/security || { cat /tmp/security; die 'the unit is too open'; }
tail -n 1 /tmp/security
echo '--- without settings it says which, and is not started over and over'
systemctl start "$unit" || true
for _ in $(seq 100); do [ "$(systemctl is-active "$unit")" != failed ] || break; sleep 0.1; done
is() { [ "$(systemctl show -P "$1" "$unit")" = "$2" ] || die "$1 is $(systemctl show -P "$1" "$unit"), not $2"; }
is ActiveState failed
is ExecMainStatus 2
is NRestarts 0
journalctl --no-pager -u "$unit" | grep 'is not set' || die 'it does not say what is missing'

echo '--- with settings, and secrets as credentials'
configure
systemctl reset-failed "$unit"
systemctl enable --now "$unit"
answers
deliveries
pid="$(systemctl show -P MainPID "$unit")"
[ "$(stat -c %U "/proc/$pid")" = netbox-proxmox ] || die 'not its own user'
grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' "/proc/$pid/status"
[ "$(grep -cE '^(CapEff|CapBnd):\s0+$|^NoNewPrivs:\s1$|^Seccomp:\s2$' "/proc/$pid/status")" = 4 ] || die 'not hardened'
! tr '\0' '\n' <"/proc/$pid/environ" | grep -E 'the-token|lab-webhook' || die 'a secret is in its environment'
[ "$(stat -c '%U %a' /var/lib/netbox-proxmox/inbox.sqlite)" = 'netbox-proxmox 600' ] || die 'others may read the inbox'
netbox-proxmox-as-server events | tee /tmp/events
grep -q web01 /tmp/events || die 'the command line sees another inbox'

echo '--- an upgrade: restarted, and the inbox is kept'
dpkg -i /shared/*.deb
answers
[ "$(systemctl show -P MainPID "$unit")" != "$pid" ] || die 'not restarted'
netbox-proxmox-as-server events | grep -q web01 || die 'the upgrade lost the inbox'

echo '--- it ends when told to, and is removed; the inbox and the settings stay'
systemctl stop "$unit"
is Result success
dpkg -P netbox-proxmox
[ -s /var/lib/netbox-proxmox/inbox.sqlite ] && [ -s /etc/netbox-proxmox/environment ] || die 'purged with the inbox'
[ ! -e "/lib/systemd/system/$unit.service" ] || die 'the unit is still there'
echo 'the package is well'
