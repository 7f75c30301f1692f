//! `/nodes/{node}/lxc`. Generated from the schema of Proxmox VE 9.1; the test `generated` writes it.

operations! {
    Get: GET "/nodes/{node}/lxc" (node) {}
    Post: POST "/nodes/{node}/lxc" (node; ostemplate: text, vmid: int(100..=999999999)) {
        arch: one_of("amd64" "i386" "arm64" "armhf" "riscv32" "riscv64"), bwlimit: number,
        cmode: one_of("shell" "console" "tty"), console: bool, cores: int(1..=8192), cpulimit: number,
        cpuunits: int(0..=500000), debug: bool, description: text, dev["dev[n]"]: numbered, entrypoint: text, env: text,
        features: text, force: bool, ha_managed["ha-managed"]: bool, hookscript: text, hostname: text,
        ignore_unpack_errors["ignore-unpack-errors"]: bool,
        lock: one_of("backup" "create" "destroyed" "disk" "fstrim" "migrate" "mounted" "rollback" "snapshot" "snapshot-delete"),
        memory: int(16..), mp["mp[n]"]: numbered, nameserver: list, net["net[n]"]: numbered, onboot: bool,
        ostype: one_of("debian" "devuan" "ubuntu" "centos" "fedora" "opensuse" "archlinux" "alpine" "gentoo" "nixos" "unmanaged"),
        password: text, pool: text, protection: bool, restore: bool, rootfs: text, searchdomain: list,
        ssh_public_keys["ssh-public-keys"]: text, start: bool, startup: text, storage: text, swap: int(0..), tags: list,
        template: bool, timezone: text, tty: int(0..=6), unique: bool, unprivileged: bool,
        unused["unused[n]"]: numbered,
    }
    GetVmid: GET "/nodes/{node}/lxc/{vmid}" (node vmid) {}
    DeleteVmid: DELETE "/nodes/{node}/lxc/{vmid}" (node vmid) {
        destroy_unreferenced_disks["destroy-unreferenced-disks"]: bool, force: bool, purge: bool,
    }
    PostVmidClone: POST "/nodes/{node}/lxc/{vmid}/clone" (node vmid; newid: int(100..=999999999)) {
        bwlimit: number, description: text, full: bool, hostname: text, pool: text, snapname: text, storage: text,
        target: text,
    }
    GetVmidConfig: GET "/nodes/{node}/lxc/{vmid}/config" (node vmid) { current: bool, snapshot: text }
    PutVmidConfig: PUT "/nodes/{node}/lxc/{vmid}/config" (node vmid) {
        arch: one_of("amd64" "i386" "arm64" "armhf" "riscv32" "riscv64"), cmode: one_of("shell" "console" "tty"),
        console: bool, cores: int(1..=8192), cpulimit: number, cpuunits: int(0..=500000), debug: bool, delete: list,
        description: text, dev["dev[n]"]: numbered, digest: text, entrypoint: text, env: text, features: text,
        hookscript: text, hostname: text,
        lock: one_of("backup" "create" "destroyed" "disk" "fstrim" "migrate" "mounted" "rollback" "snapshot" "snapshot-delete"),
        memory: int(16..), mp["mp[n]"]: numbered, nameserver: list, net["net[n]"]: numbered, onboot: bool,
        ostype: one_of("debian" "devuan" "ubuntu" "centos" "fedora" "opensuse" "archlinux" "alpine" "gentoo" "nixos" "unmanaged"),
        protection: bool, revert: list, rootfs: text, searchdomain: list, startup: text, swap: int(0..), tags: list,
        template: bool, timezone: text, tty: int(0..=6), unprivileged: bool, unused["unused[n]"]: numbered,
    }
    GetVmidFeature: GET "/nodes/{node}/lxc/{vmid}/feature" (node vmid; feature: one_of("snapshot" "clone" "copy")) {
        snapname: text,
    }
    GetVmidFirewall: GET "/nodes/{node}/lxc/{vmid}/firewall" (node vmid) {}
    GetVmidFirewallAliases: GET "/nodes/{node}/lxc/{vmid}/firewall/aliases" (node vmid) {}
    PostVmidFirewallAliases: POST "/nodes/{node}/lxc/{vmid}/firewall/aliases" (node vmid; cidr: text, name: text) {
        comment: text,
    }
    GetVmidFirewallAliasesName: GET "/nodes/{node}/lxc/{vmid}/firewall/aliases/{name}" (node vmid name) {}
    PutVmidFirewallAliasesName: PUT "/nodes/{node}/lxc/{vmid}/firewall/aliases/{name}" (node vmid name; cidr: text) {
        comment: text, digest: text, rename: text,
    }
    DeleteVmidFirewallAliasesName: DELETE "/nodes/{node}/lxc/{vmid}/firewall/aliases/{name}" (node vmid name) {
        digest: text,
    }
    GetVmidFirewallIpset: GET "/nodes/{node}/lxc/{vmid}/firewall/ipset" (node vmid) {}
    PostVmidFirewallIpset: POST "/nodes/{node}/lxc/{vmid}/firewall/ipset" (node vmid; name: text) {
        comment: text, digest: text, rename: text,
    }
    GetVmidFirewallIpsetName: GET "/nodes/{node}/lxc/{vmid}/firewall/ipset/{name}" (node vmid name) {}
    PostVmidFirewallIpsetName: POST "/nodes/{node}/lxc/{vmid}/firewall/ipset/{name}" (node vmid name; cidr: text) {
        comment: text, nomatch: bool,
    }
    DeleteVmidFirewallIpsetName: DELETE "/nodes/{node}/lxc/{vmid}/firewall/ipset/{name}" (node vmid name) {
        force: bool,
    }
    GetVmidFirewallIpsetNameCidr: GET "/nodes/{node}/lxc/{vmid}/firewall/ipset/{name}/{cidr}" (node vmid name cidr) {}
    PutVmidFirewallIpsetNameCidr: PUT "/nodes/{node}/lxc/{vmid}/firewall/ipset/{name}/{cidr}" (node vmid name cidr) {
        comment: text, digest: text, nomatch: bool,
    }
    DeleteVmidFirewallIpsetNameCidr: DELETE "/nodes/{node}/lxc/{vmid}/firewall/ipset/{name}/{cidr}" (node vmid name cidr) {
        digest: text,
    }
    GetVmidFirewallLog: GET "/nodes/{node}/lxc/{vmid}/firewall/log" (node vmid) {
        limit: int(0..), since: int(0..), start: int(0..), until: int(0..),
    }
    GetVmidFirewallOptions: GET "/nodes/{node}/lxc/{vmid}/firewall/options" (node vmid) {}
    PutVmidFirewallOptions: PUT "/nodes/{node}/lxc/{vmid}/firewall/options" (node vmid) {
        delete: list, dhcp: bool, digest: text, enable: bool, ipfilter: bool,
        log_level_in: one_of("emerg" "alert" "crit" "err" "warning" "notice" "info" "debug" "nolog"),
        log_level_out: one_of("emerg" "alert" "crit" "err" "warning" "notice" "info" "debug" "nolog"), macfilter: bool,
        ndp: bool, policy_in: one_of("ACCEPT" "REJECT" "DROP"), policy_out: one_of("ACCEPT" "REJECT" "DROP"),
        radv: bool,
    }
    GetVmidFirewallRefs: GET "/nodes/{node}/lxc/{vmid}/firewall/refs" (node vmid) {
        kind["type"]: one_of("alias" "ipset"),
    }
    GetVmidFirewallRules: GET "/nodes/{node}/lxc/{vmid}/firewall/rules" (node vmid) {}
    PostVmidFirewallRules: POST "/nodes/{node}/lxc/{vmid}/firewall/rules" (node vmid; action: text, kind["type"]: one_of("in" "out" "forward" "group")) {
        comment: text, dest: text, digest: text, dport: text, enable: int(0..), icmp_type["icmp-type"]: text,
        iface: text, log: one_of("emerg" "alert" "crit" "err" "warning" "notice" "info" "debug" "nolog"),
        macro_name["macro"]: text, pos: int(0..), proto: text, source: text, sport: text,
    }
    GetVmidFirewallRulesPos: GET "/nodes/{node}/lxc/{vmid}/firewall/rules/{pos}" (node vmid pos) {}
    PutVmidFirewallRulesPos: PUT "/nodes/{node}/lxc/{vmid}/firewall/rules/{pos}" (node vmid pos) {
        action: text, comment: text, delete: list, dest: text, digest: text, dport: text, enable: int(0..),
        icmp_type["icmp-type"]: text, iface: text,
        log: one_of("emerg" "alert" "crit" "err" "warning" "notice" "info" "debug" "nolog"), macro_name["macro"]: text,
        moveto: int(0..), proto: text, source: text, sport: text, kind["type"]: one_of("in" "out" "forward" "group"),
    }
    DeleteVmidFirewallRulesPos: DELETE "/nodes/{node}/lxc/{vmid}/firewall/rules/{pos}" (node vmid pos) { digest: text }
    GetVmidInterfaces: GET "/nodes/{node}/lxc/{vmid}/interfaces" (node vmid) {}
    GetVmidMigrate: GET "/nodes/{node}/lxc/{vmid}/migrate" (node vmid) { target: text }
    PostVmidMigrate: POST "/nodes/{node}/lxc/{vmid}/migrate" (node vmid; target: text) {
        bwlimit: number, online: bool, restart: bool, target_storage["target-storage"]: list, timeout: int,
    }
    PostVmidMoveVolume: POST "/nodes/{node}/lxc/{vmid}/move_volume" (node vmid; volume: text) {
        bwlimit: number, delete: bool, digest: text, storage: text, target_digest["target-digest"]: text,
        target_vmid["target-vmid"]: int(100..=999999999), target_volume["target-volume"]: text,
    }
    PostVmidMtunnel: POST "/nodes/{node}/lxc/{vmid}/mtunnel" (node vmid) { bridges: list, storages: list }
    GetVmidMtunnelwebsocket: GET "/nodes/{node}/lxc/{vmid}/mtunnelwebsocket" (node vmid; socket: text, ticket: text) {}
    GetVmidPending: GET "/nodes/{node}/lxc/{vmid}/pending" (node vmid) {}
    PostVmidRemoteMigrate: POST "/nodes/{node}/lxc/{vmid}/remote_migrate" (node vmid; target_bridge["target-bridge"]: list, target_endpoint["target-endpoint"]: text, target_storage["target-storage"]: list) {
        bwlimit: number, delete: bool, online: bool, restart: bool, target_vmid["target-vmid"]: int(100..=999999999),
        timeout: int,
    }
    PutVmidResize: PUT "/nodes/{node}/lxc/{vmid}/resize" (node vmid; disk: text, size: text) { digest: text }
    GetVmidRrd: GET "/nodes/{node}/lxc/{vmid}/rrd" (node vmid; ds: list, timeframe: one_of("hour" "day" "week" "month" "year")) {
        cf: one_of("AVERAGE" "MAX"),
    }
    GetVmidRrddata: GET "/nodes/{node}/lxc/{vmid}/rrddata" (node vmid; timeframe: one_of("hour" "day" "week" "month" "year")) {
        cf: one_of("AVERAGE" "MAX"),
    }
    GetVmidSnapshot: GET "/nodes/{node}/lxc/{vmid}/snapshot" (node vmid) {}
    PostVmidSnapshot: POST "/nodes/{node}/lxc/{vmid}/snapshot" (node vmid; snapname: text) { description: text }
    GetVmidSnapshotSnapname: GET "/nodes/{node}/lxc/{vmid}/snapshot/{snapname}" (node vmid snapname) {}
    DeleteVmidSnapshotSnapname: DELETE "/nodes/{node}/lxc/{vmid}/snapshot/{snapname}" (node vmid snapname) {
        force: bool,
    }
    GetVmidSnapshotSnapnameConfig: GET "/nodes/{node}/lxc/{vmid}/snapshot/{snapname}/config" (node vmid snapname) {}
    PutVmidSnapshotSnapnameConfig: PUT "/nodes/{node}/lxc/{vmid}/snapshot/{snapname}/config" (node vmid snapname) {
        description: text,
    }
    PostVmidSnapshotSnapnameRollback: POST "/nodes/{node}/lxc/{vmid}/snapshot/{snapname}/rollback" (node vmid snapname) {
        start: bool,
    }
    PostVmidSpiceproxy: POST "/nodes/{node}/lxc/{vmid}/spiceproxy" (node vmid) { proxy: text }
    GetVmidStatus: GET "/nodes/{node}/lxc/{vmid}/status" (node vmid) {}
    GetVmidStatusCurrent: GET "/nodes/{node}/lxc/{vmid}/status/current" (node vmid) {}
    PostVmidStatusReboot: POST "/nodes/{node}/lxc/{vmid}/status/reboot" (node vmid) { timeout: int(0..) }
    PostVmidStatusResume: POST "/nodes/{node}/lxc/{vmid}/status/resume" (node vmid) {}
    PostVmidStatusShutdown: POST "/nodes/{node}/lxc/{vmid}/status/shutdown" (node vmid) {
        force_stop["forceStop"]: bool, timeout: int(0..),
    }
    PostVmidStatusStart: POST "/nodes/{node}/lxc/{vmid}/status/start" (node vmid) { debug: bool, skiplock: bool }
    PostVmidStatusStop: POST "/nodes/{node}/lxc/{vmid}/status/stop" (node vmid) {
        overrule_shutdown["overrule-shutdown"]: bool, skiplock: bool,
    }
    PostVmidStatusSuspend: POST "/nodes/{node}/lxc/{vmid}/status/suspend" (node vmid) {}
    PostVmidTemplate: POST "/nodes/{node}/lxc/{vmid}/template" (node vmid) {}
    PostVmidTermproxy: POST "/nodes/{node}/lxc/{vmid}/termproxy" (node vmid) {}
    PostVmidVncproxy: POST "/nodes/{node}/lxc/{vmid}/vncproxy" (node vmid) {
        height: int(16..=2160), websocket: bool, width: int(16..=4096),
    }
    GetVmidVncwebsocket: GET "/nodes/{node}/lxc/{vmid}/vncwebsocket" (node vmid; port: int(5900..=5999), vncticket: text) {}
}
