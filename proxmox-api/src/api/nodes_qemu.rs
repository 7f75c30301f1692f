//! `/nodes/{node}/qemu`. Generated from the schema of Proxmox VE 9.1; the test `generated` writes it.

operations! {
    Get: GET "/nodes/{node}/qemu" (node) { full: bool }
    Post: POST "/nodes/{node}/qemu" (node; vmid: int(100..=999999999)) {
        acpi: bool, affinity: text, agent: text, allow_ksm["allow-ksm"]: bool, amd_sev["amd-sev"]: text,
        arch: one_of("x86_64" "aarch64"), archive: text, args: text, audio0: text, autostart: bool, balloon: int(0..),
        bios: one_of("seabios" "ovmf"), boot: text, bootdisk: text, bwlimit: int, cdrom: text, cicustom: text,
        cipassword: text, citype: one_of("configdrive2" "nocloud" "opennebula"), ciupgrade: bool, ciuser: text,
        cores: int(1..), cpu: text, cpulimit: number, cpuunits: int(1..=262144), description: text, efidisk0: text,
        force: bool, freeze: bool, ha_managed["ha-managed"]: bool, hookscript: text, hostpci["hostpci[n]"]: numbered,
        hotplug: text, hugepages: one_of("any" "2" "1024"), ide["ide[n]"]: numbered,
        import_working_storage["import-working-storage"]: text, intel_tdx["intel-tdx"]: text,
        ipconfig["ipconfig[n]"]: numbered, ivshmem: text, keephugepages: bool,
        keyboard: one_of("de" "de-ch" "da" "en-gb" "en-us" "es" "fi" "fr" "fr-be" "fr-ca" "fr-ch" "hu" "is" "it" "ja" "lt" "mk" "nl" "no" "pl" "pt" "pt-br" "sv" "sl" "tr"),
        kvm: bool, live_restore["live-restore"]: bool, localtime: bool,
        lock: one_of("backup" "clone" "create" "migrate" "rollback" "snapshot" "snapshot-delete" "suspending" "suspended"),
        machine: text, memory: text, migrate_downtime: number, migrate_speed: int(0..), name: text, nameserver: list,
        net["net[n]"]: numbered, numa: bool, numa_n["numa[n]"]: numbered, onboot: bool,
        ostype: one_of("other" "wxp" "w2k" "w2k3" "w2k8" "wvista" "win7" "win8" "win10" "win11" "l24" "l26" "solaris"),
        parallel["parallel[n]"]: numbered, pool: text, protection: bool, reboot: bool, rng0: text,
        sata["sata[n]"]: numbered, scsi["scsi[n]"]: numbered,
        scsihw: one_of("lsi" "lsi53c810" "virtio-scsi-pci" "virtio-scsi-single" "megasas" "pvscsi"), searchdomain: text,
        serial["serial[n]"]: numbered, shares: int(0..=50000), smbios1: text, smp: int(1..), sockets: int(1..),
        spice_enhancements: text, sshkeys: text, start: bool, startdate: text, startup: text, storage: text,
        tablet: bool, tags: list, tdf: bool, template: bool, tpmstate0: text, unique: bool,
        unused["unused[n]"]: numbered, usb["usb[n]"]: numbered, vcpus: int(1..), vga: text,
        virtio["virtio[n]"]: numbered, virtiofs["virtiofs[n]"]: numbered, vmgenid: text, vmstatestorage: text,
        watchdog: text,
    }
    GetVmid: GET "/nodes/{node}/qemu/{vmid}" (node vmid) {}
    DeleteVmid: DELETE "/nodes/{node}/qemu/{vmid}" (node vmid) {
        destroy_unreferenced_disks["destroy-unreferenced-disks"]: bool, purge: bool, skiplock: bool,
    }
    GetVmidAgent: GET "/nodes/{node}/qemu/{vmid}/agent" (node vmid) {}
    PostVmidAgent: POST "/nodes/{node}/qemu/{vmid}/agent" (node vmid; command: text) {}
    PostVmidAgentExec: POST "/nodes/{node}/qemu/{vmid}/agent/exec" (node vmid; command: array) {
        input_data["input-data"]: text,
    }
    GetVmidAgentExecStatus: GET "/nodes/{node}/qemu/{vmid}/agent/exec-status" (node vmid; pid: int) {}
    GetVmidAgentFileRead: GET "/nodes/{node}/qemu/{vmid}/agent/file-read" (node vmid; file: text) {
        count: int(1..), decode: bool, offset: int(0..),
    }
    PostVmidAgentFileWrite: POST "/nodes/{node}/qemu/{vmid}/agent/file-write" (node vmid; content: text, file: text) {
        encode: bool,
    }
    PostVmidAgentFsfreezeFreeze: POST "/nodes/{node}/qemu/{vmid}/agent/fsfreeze-freeze" (node vmid) {}
    PostVmidAgentFsfreezeStatus: POST "/nodes/{node}/qemu/{vmid}/agent/fsfreeze-status" (node vmid) {}
    PostVmidAgentFsfreezeThaw: POST "/nodes/{node}/qemu/{vmid}/agent/fsfreeze-thaw" (node vmid) {}
    PostVmidAgentFstrim: POST "/nodes/{node}/qemu/{vmid}/agent/fstrim" (node vmid) {}
    GetVmidAgentGetFsinfo: GET "/nodes/{node}/qemu/{vmid}/agent/get-fsinfo" (node vmid) {}
    GetVmidAgentGetHostName: GET "/nodes/{node}/qemu/{vmid}/agent/get-host-name" (node vmid) {}
    GetVmidAgentGetMemoryBlockInfo: GET "/nodes/{node}/qemu/{vmid}/agent/get-memory-block-info" (node vmid) {}
    GetVmidAgentGetMemoryBlocks: GET "/nodes/{node}/qemu/{vmid}/agent/get-memory-blocks" (node vmid) {}
    GetVmidAgentGetOsinfo: GET "/nodes/{node}/qemu/{vmid}/agent/get-osinfo" (node vmid) {}
    GetVmidAgentGetTime: GET "/nodes/{node}/qemu/{vmid}/agent/get-time" (node vmid) {}
    GetVmidAgentGetTimezone: GET "/nodes/{node}/qemu/{vmid}/agent/get-timezone" (node vmid) {}
    GetVmidAgentGetUsers: GET "/nodes/{node}/qemu/{vmid}/agent/get-users" (node vmid) {}
    GetVmidAgentGetVcpus: GET "/nodes/{node}/qemu/{vmid}/agent/get-vcpus" (node vmid) {}
    GetVmidAgentInfo: GET "/nodes/{node}/qemu/{vmid}/agent/info" (node vmid) {}
    GetVmidAgentNetworkGetInterfaces: GET "/nodes/{node}/qemu/{vmid}/agent/network-get-interfaces" (node vmid) {}
    PostVmidAgentPing: POST "/nodes/{node}/qemu/{vmid}/agent/ping" (node vmid) {}
    PostVmidAgentSetUserPassword: POST "/nodes/{node}/qemu/{vmid}/agent/set-user-password" (node vmid; password: text, username: text) {
        crypted: bool,
    }
    PostVmidAgentShutdown: POST "/nodes/{node}/qemu/{vmid}/agent/shutdown" (node vmid) {}
    PostVmidAgentSuspendDisk: POST "/nodes/{node}/qemu/{vmid}/agent/suspend-disk" (node vmid) {}
    PostVmidAgentSuspendHybrid: POST "/nodes/{node}/qemu/{vmid}/agent/suspend-hybrid" (node vmid) {}
    PostVmidAgentSuspendRam: POST "/nodes/{node}/qemu/{vmid}/agent/suspend-ram" (node vmid) {}
    PostVmidClone: POST "/nodes/{node}/qemu/{vmid}/clone" (node vmid; newid: int(100..=999999999)) {
        bwlimit: int, description: text, format: one_of("raw" "qcow2" "vmdk"), full: bool, name: text, pool: text,
        snapname: text, storage: text, target: text,
    }
    GetVmidCloudinit: GET "/nodes/{node}/qemu/{vmid}/cloudinit" (node vmid) {}
    PutVmidCloudinit: PUT "/nodes/{node}/qemu/{vmid}/cloudinit" (node vmid) {}
    GetVmidCloudinitDump: GET "/nodes/{node}/qemu/{vmid}/cloudinit/dump" (node vmid; kind["type"]: one_of("user" "network" "meta")) {}
    GetVmidConfig: GET "/nodes/{node}/qemu/{vmid}/config" (node vmid) { current: bool, snapshot: text }
    PostVmidConfig: POST "/nodes/{node}/qemu/{vmid}/config" (node vmid) {
        acpi: bool, affinity: text, agent: text, allow_ksm["allow-ksm"]: bool, amd_sev["amd-sev"]: text,
        arch: one_of("x86_64" "aarch64"), args: text, audio0: text, autostart: bool, background_delay: int(1..=30),
        balloon: int(0..), bios: one_of("seabios" "ovmf"), boot: text, bootdisk: text, cdrom: text, cicustom: text,
        cipassword: text, citype: one_of("configdrive2" "nocloud" "opennebula"), ciupgrade: bool, ciuser: text,
        cores: int(1..), cpu: text, cpulimit: number, cpuunits: int(1..=262144), delete: list, description: text,
        digest: text, efidisk0: text, force: bool, freeze: bool, hookscript: text, hostpci["hostpci[n]"]: numbered,
        hotplug: text, hugepages: one_of("any" "2" "1024"), ide["ide[n]"]: numbered,
        import_working_storage["import-working-storage"]: text, intel_tdx["intel-tdx"]: text,
        ipconfig["ipconfig[n]"]: numbered, ivshmem: text, keephugepages: bool,
        keyboard: one_of("de" "de-ch" "da" "en-gb" "en-us" "es" "fi" "fr" "fr-be" "fr-ca" "fr-ch" "hu" "is" "it" "ja" "lt" "mk" "nl" "no" "pl" "pt" "pt-br" "sv" "sl" "tr"),
        kvm: bool, localtime: bool,
        lock: one_of("backup" "clone" "create" "migrate" "rollback" "snapshot" "snapshot-delete" "suspending" "suspended"),
        machine: text, memory: text, migrate_downtime: number, migrate_speed: int(0..), name: text, nameserver: list,
        net["net[n]"]: numbered, numa: bool, numa_n["numa[n]"]: numbered, onboot: bool,
        ostype: one_of("other" "wxp" "w2k" "w2k3" "w2k8" "wvista" "win7" "win8" "win10" "win11" "l24" "l26" "solaris"),
        parallel["parallel[n]"]: numbered, protection: bool, reboot: bool, revert: list, rng0: text,
        sata["sata[n]"]: numbered, scsi["scsi[n]"]: numbered,
        scsihw: one_of("lsi" "lsi53c810" "virtio-scsi-pci" "virtio-scsi-single" "megasas" "pvscsi"), searchdomain: text,
        serial["serial[n]"]: numbered, shares: int(0..=50000), skiplock: bool, smbios1: text, smp: int(1..),
        sockets: int(1..), spice_enhancements: text, sshkeys: text, startdate: text, startup: text, tablet: bool,
        tags: list, tdf: bool, template: bool, tpmstate0: text, unused["unused[n]"]: numbered, usb["usb[n]"]: numbered,
        vcpus: int(1..), vga: text, virtio["virtio[n]"]: numbered, virtiofs["virtiofs[n]"]: numbered, vmgenid: text,
        vmstatestorage: text, watchdog: text,
    }
    PutVmidConfig: PUT "/nodes/{node}/qemu/{vmid}/config" (node vmid) {
        acpi: bool, affinity: text, agent: text, allow_ksm["allow-ksm"]: bool, amd_sev["amd-sev"]: text,
        arch: one_of("x86_64" "aarch64"), args: text, audio0: text, autostart: bool, balloon: int(0..),
        bios: one_of("seabios" "ovmf"), boot: text, bootdisk: text, cdrom: text, cicustom: text, cipassword: text,
        citype: one_of("configdrive2" "nocloud" "opennebula"), ciupgrade: bool, ciuser: text, cores: int(1..),
        cpu: text, cpulimit: number, cpuunits: int(1..=262144), delete: list, description: text, digest: text,
        efidisk0: text, force: bool, freeze: bool, hookscript: text, hostpci["hostpci[n]"]: numbered, hotplug: text,
        hugepages: one_of("any" "2" "1024"), ide["ide[n]"]: numbered, intel_tdx["intel-tdx"]: text,
        ipconfig["ipconfig[n]"]: numbered, ivshmem: text, keephugepages: bool,
        keyboard: one_of("de" "de-ch" "da" "en-gb" "en-us" "es" "fi" "fr" "fr-be" "fr-ca" "fr-ch" "hu" "is" "it" "ja" "lt" "mk" "nl" "no" "pl" "pt" "pt-br" "sv" "sl" "tr"),
        kvm: bool, localtime: bool,
        lock: one_of("backup" "clone" "create" "migrate" "rollback" "snapshot" "snapshot-delete" "suspending" "suspended"),
        machine: text, memory: text, migrate_downtime: number, migrate_speed: int(0..), name: text, nameserver: list,
        net["net[n]"]: numbered, numa: bool, numa_n["numa[n]"]: numbered, onboot: bool,
        ostype: one_of("other" "wxp" "w2k" "w2k3" "w2k8" "wvista" "win7" "win8" "win10" "win11" "l24" "l26" "solaris"),
        parallel["parallel[n]"]: numbered, protection: bool, reboot: bool, revert: list, rng0: text,
        sata["sata[n]"]: numbered, scsi["scsi[n]"]: numbered,
        scsihw: one_of("lsi" "lsi53c810" "virtio-scsi-pci" "virtio-scsi-single" "megasas" "pvscsi"), searchdomain: text,
        serial["serial[n]"]: numbered, shares: int(0..=50000), skiplock: bool, smbios1: text, smp: int(1..),
        sockets: int(1..), spice_enhancements: text, sshkeys: text, startdate: text, startup: text, tablet: bool,
        tags: list, tdf: bool, template: bool, tpmstate0: text, unused["unused[n]"]: numbered, usb["usb[n]"]: numbered,
        vcpus: int(1..), vga: text, virtio["virtio[n]"]: numbered, virtiofs["virtiofs[n]"]: numbered, vmgenid: text,
        vmstatestorage: text, watchdog: text,
    }
    PostVmidDbusVmstate: POST "/nodes/{node}/qemu/{vmid}/dbus-vmstate" (node vmid; action: one_of("start" "stop")) {}
    GetVmidFeature: GET "/nodes/{node}/qemu/{vmid}/feature" (node vmid; feature: one_of("snapshot" "clone" "copy")) {
        snapname: text,
    }
    GetVmidFirewall: GET "/nodes/{node}/qemu/{vmid}/firewall" (node vmid) {}
    GetVmidFirewallAliases: GET "/nodes/{node}/qemu/{vmid}/firewall/aliases" (node vmid) {}
    PostVmidFirewallAliases: POST "/nodes/{node}/qemu/{vmid}/firewall/aliases" (node vmid; cidr: text, name: text) {
        comment: text,
    }
    GetVmidFirewallAliasesName: GET "/nodes/{node}/qemu/{vmid}/firewall/aliases/{name}" (node vmid name) {}
    PutVmidFirewallAliasesName: PUT "/nodes/{node}/qemu/{vmid}/firewall/aliases/{name}" (node vmid name; cidr: text) {
        comment: text, digest: text, rename: text,
    }
    DeleteVmidFirewallAliasesName: DELETE "/nodes/{node}/qemu/{vmid}/firewall/aliases/{name}" (node vmid name) {
        digest: text,
    }
    GetVmidFirewallIpset: GET "/nodes/{node}/qemu/{vmid}/firewall/ipset" (node vmid) {}
    PostVmidFirewallIpset: POST "/nodes/{node}/qemu/{vmid}/firewall/ipset" (node vmid; name: text) {
        comment: text, digest: text, rename: text,
    }
    GetVmidFirewallIpsetName: GET "/nodes/{node}/qemu/{vmid}/firewall/ipset/{name}" (node vmid name) {}
    PostVmidFirewallIpsetName: POST "/nodes/{node}/qemu/{vmid}/firewall/ipset/{name}" (node vmid name; cidr: text) {
        comment: text, nomatch: bool,
    }
    DeleteVmidFirewallIpsetName: DELETE "/nodes/{node}/qemu/{vmid}/firewall/ipset/{name}" (node vmid name) {
        force: bool,
    }
    GetVmidFirewallIpsetNameCidr: GET "/nodes/{node}/qemu/{vmid}/firewall/ipset/{name}/{cidr}" (node vmid name cidr) {}
    PutVmidFirewallIpsetNameCidr: PUT "/nodes/{node}/qemu/{vmid}/firewall/ipset/{name}/{cidr}" (node vmid name cidr) {
        comment: text, digest: text, nomatch: bool,
    }
    DeleteVmidFirewallIpsetNameCidr: DELETE "/nodes/{node}/qemu/{vmid}/firewall/ipset/{name}/{cidr}" (node vmid name cidr) {
        digest: text,
    }
    GetVmidFirewallLog: GET "/nodes/{node}/qemu/{vmid}/firewall/log" (node vmid) {
        limit: int(0..), since: int(0..), start: int(0..), until: int(0..),
    }
    GetVmidFirewallOptions: GET "/nodes/{node}/qemu/{vmid}/firewall/options" (node vmid) {}
    PutVmidFirewallOptions: PUT "/nodes/{node}/qemu/{vmid}/firewall/options" (node vmid) {
        delete: list, dhcp: bool, digest: text, enable: bool, ipfilter: bool,
        log_level_in: one_of("emerg" "alert" "crit" "err" "warning" "notice" "info" "debug" "nolog"),
        log_level_out: one_of("emerg" "alert" "crit" "err" "warning" "notice" "info" "debug" "nolog"), macfilter: bool,
        ndp: bool, policy_in: one_of("ACCEPT" "REJECT" "DROP"), policy_out: one_of("ACCEPT" "REJECT" "DROP"),
        radv: bool,
    }
    GetVmidFirewallRefs: GET "/nodes/{node}/qemu/{vmid}/firewall/refs" (node vmid) {
        kind["type"]: one_of("alias" "ipset"),
    }
    GetVmidFirewallRules: GET "/nodes/{node}/qemu/{vmid}/firewall/rules" (node vmid) {}
    PostVmidFirewallRules: POST "/nodes/{node}/qemu/{vmid}/firewall/rules" (node vmid; action: text, kind["type"]: one_of("in" "out" "forward" "group")) {
        comment: text, dest: text, digest: text, dport: text, enable: int(0..), icmp_type["icmp-type"]: text,
        iface: text, log: one_of("emerg" "alert" "crit" "err" "warning" "notice" "info" "debug" "nolog"),
        macro_name["macro"]: text, pos: int(0..), proto: text, source: text, sport: text,
    }
    GetVmidFirewallRulesPos: GET "/nodes/{node}/qemu/{vmid}/firewall/rules/{pos}" (node vmid pos) {}
    PutVmidFirewallRulesPos: PUT "/nodes/{node}/qemu/{vmid}/firewall/rules/{pos}" (node vmid pos) {
        action: text, comment: text, delete: list, dest: text, digest: text, dport: text, enable: int(0..),
        icmp_type["icmp-type"]: text, iface: text,
        log: one_of("emerg" "alert" "crit" "err" "warning" "notice" "info" "debug" "nolog"), macro_name["macro"]: text,
        moveto: int(0..), proto: text, source: text, sport: text, kind["type"]: one_of("in" "out" "forward" "group"),
    }
    DeleteVmidFirewallRulesPos: DELETE "/nodes/{node}/qemu/{vmid}/firewall/rules/{pos}" (node vmid pos) {
        digest: text,
    }
    GetVmidMigrate: GET "/nodes/{node}/qemu/{vmid}/migrate" (node vmid) { target: text }
    PostVmidMigrate: POST "/nodes/{node}/qemu/{vmid}/migrate" (node vmid; target: text) {
        bwlimit: int, force: bool, migration_network: text, migration_type: one_of("secure" "insecure"), online: bool,
        targetstorage: list, with_conntrack_state["with-conntrack-state"]: bool,
        with_local_disks["with-local-disks"]: bool,
    }
    PostVmidMonitor: POST "/nodes/{node}/qemu/{vmid}/monitor" (node vmid; command: text) {}
    PostVmidMoveDisk: POST "/nodes/{node}/qemu/{vmid}/move_disk" (node vmid; disk: text) {
        bwlimit: int, delete: bool, digest: text, format: one_of("raw" "qcow2" "vmdk"), storage: text,
        target_digest["target-digest"]: text, target_disk["target-disk"]: text,
        target_vmid["target-vmid"]: int(100..=999999999),
    }
    PostVmidMtunnel: POST "/nodes/{node}/qemu/{vmid}/mtunnel" (node vmid) { bridges: list, storages: list }
    GetVmidMtunnelwebsocket: GET "/nodes/{node}/qemu/{vmid}/mtunnelwebsocket" (node vmid; socket: text, ticket: text) {}
    GetVmidPending: GET "/nodes/{node}/qemu/{vmid}/pending" (node vmid) {}
    PostVmidRemoteMigrate: POST "/nodes/{node}/qemu/{vmid}/remote_migrate" (node vmid; target_bridge["target-bridge"]: list, target_endpoint["target-endpoint"]: text, target_storage["target-storage"]: list) {
        bwlimit: int, delete: bool, online: bool, target_vmid["target-vmid"]: int(100..=999999999),
    }
    PutVmidResize: PUT "/nodes/{node}/qemu/{vmid}/resize" (node vmid; disk: text, size: text) {
        digest: text, skiplock: bool,
    }
    GetVmidRrd: GET "/nodes/{node}/qemu/{vmid}/rrd" (node vmid; ds: list, timeframe: one_of("hour" "day" "week" "month" "year")) {
        cf: one_of("AVERAGE" "MAX"),
    }
    GetVmidRrddata: GET "/nodes/{node}/qemu/{vmid}/rrddata" (node vmid; timeframe: one_of("hour" "day" "week" "month" "year")) {
        cf: one_of("AVERAGE" "MAX"),
    }
    PutVmidSendkey: PUT "/nodes/{node}/qemu/{vmid}/sendkey" (node vmid; key: text) { skiplock: bool }
    GetVmidSnapshot: GET "/nodes/{node}/qemu/{vmid}/snapshot" (node vmid) {}
    PostVmidSnapshot: POST "/nodes/{node}/qemu/{vmid}/snapshot" (node vmid; snapname: text) {
        description: text, vmstate: bool,
    }
    GetVmidSnapshotSnapname: GET "/nodes/{node}/qemu/{vmid}/snapshot/{snapname}" (node vmid snapname) {}
    DeleteVmidSnapshotSnapname: DELETE "/nodes/{node}/qemu/{vmid}/snapshot/{snapname}" (node vmid snapname) {
        force: bool,
    }
    GetVmidSnapshotSnapnameConfig: GET "/nodes/{node}/qemu/{vmid}/snapshot/{snapname}/config" (node vmid snapname) {}
    PutVmidSnapshotSnapnameConfig: PUT "/nodes/{node}/qemu/{vmid}/snapshot/{snapname}/config" (node vmid snapname) {
        description: text,
    }
    PostVmidSnapshotSnapnameRollback: POST "/nodes/{node}/qemu/{vmid}/snapshot/{snapname}/rollback" (node vmid snapname) {
        start: bool,
    }
    PostVmidSpiceproxy: POST "/nodes/{node}/qemu/{vmid}/spiceproxy" (node vmid) { proxy: text }
    GetVmidStatus: GET "/nodes/{node}/qemu/{vmid}/status" (node vmid) {}
    GetVmidStatusCurrent: GET "/nodes/{node}/qemu/{vmid}/status/current" (node vmid) {}
    PostVmidStatusReboot: POST "/nodes/{node}/qemu/{vmid}/status/reboot" (node vmid) { timeout: int(0..) }
    PostVmidStatusReset: POST "/nodes/{node}/qemu/{vmid}/status/reset" (node vmid) { skiplock: bool }
    PostVmidStatusResume: POST "/nodes/{node}/qemu/{vmid}/status/resume" (node vmid) { nocheck: bool, skiplock: bool }
    PostVmidStatusShutdown: POST "/nodes/{node}/qemu/{vmid}/status/shutdown" (node vmid) {
        force_stop["forceStop"]: bool, keep_active["keepActive"]: bool, skiplock: bool, timeout: int(0..),
    }
    PostVmidStatusStart: POST "/nodes/{node}/qemu/{vmid}/status/start" (node vmid) {
        force_cpu["force-cpu"]: text, machine: text, migratedfrom: text, migration_network: text,
        migration_type: one_of("secure" "insecure"), nets_host_mtu["nets-host-mtu"]: text, skiplock: bool,
        stateuri: text, targetstorage: list, timeout: int(0..), with_conntrack_state["with-conntrack-state"]: bool,
    }
    PostVmidStatusStop: POST "/nodes/{node}/qemu/{vmid}/status/stop" (node vmid) {
        keep_active["keepActive"]: bool, migratedfrom: text, overrule_shutdown["overrule-shutdown"]: bool,
        skiplock: bool, timeout: int(0..),
    }
    PostVmidStatusSuspend: POST "/nodes/{node}/qemu/{vmid}/status/suspend" (node vmid) {
        skiplock: bool, statestorage: text, todisk: bool,
    }
    PostVmidTemplate: POST "/nodes/{node}/qemu/{vmid}/template" (node vmid) { disk: text }
    PostVmidTermproxy: POST "/nodes/{node}/qemu/{vmid}/termproxy" (node vmid) {
        serial: one_of("serial0" "serial1" "serial2" "serial3"),
    }
    PutVmidUnlink: PUT "/nodes/{node}/qemu/{vmid}/unlink" (node vmid; idlist: list) { force: bool }
    PostVmidVncproxy: POST "/nodes/{node}/qemu/{vmid}/vncproxy" (node vmid) {
        generate_password["generate-password"]: bool, websocket: bool,
    }
    GetVmidVncwebsocket: GET "/nodes/{node}/qemu/{vmid}/vncwebsocket" (node vmid; port: int(5900..=5999), vncticket: text) {}
}
