//! `/nodes`. Generated from the schema of Proxmox VE 9.1; the test `generated` writes it.

operations! {
    Get: GET "/nodes" () {}
    GetNode: GET "/nodes/{node}" (node) {}
    GetNodeAplinfo: GET "/nodes/{node}/aplinfo" (node) {}
    PostNodeAplinfo: POST "/nodes/{node}/aplinfo" (node; storage: text, template: text) {}
    GetNodeApt: GET "/nodes/{node}/apt" (node) {}
    GetNodeAptChangelog: GET "/nodes/{node}/apt/changelog" (node; name: text) { version: text }
    GetNodeAptRepositories: GET "/nodes/{node}/apt/repositories" (node) {}
    PostNodeAptRepositories: POST "/nodes/{node}/apt/repositories" (node; index: int, path: text) {
        digest: text, enabled: bool,
    }
    PutNodeAptRepositories: PUT "/nodes/{node}/apt/repositories" (node; handle: text) { digest: text }
    GetNodeAptUpdate: GET "/nodes/{node}/apt/update" (node) {}
    PostNodeAptUpdate: POST "/nodes/{node}/apt/update" (node) { notify: bool, quiet: bool }
    GetNodeAptVersions: GET "/nodes/{node}/apt/versions" (node) {}
    GetNodeCapabilities: GET "/nodes/{node}/capabilities" (node) {}
    GetNodeCapabilitiesQemu: GET "/nodes/{node}/capabilities/qemu" (node) {}
    GetNodeCapabilitiesQemuCpu: GET "/nodes/{node}/capabilities/qemu/cpu" (node) { arch: one_of("x86_64" "aarch64") }
    GetNodeCapabilitiesQemuCpuFlags: GET "/nodes/{node}/capabilities/qemu/cpu-flags" (node) {
        arch: one_of("x86_64" "aarch64"),
    }
    GetNodeCapabilitiesQemuMachines: GET "/nodes/{node}/capabilities/qemu/machines" (node) {
        arch: one_of("x86_64" "aarch64"),
    }
    GetNodeCapabilitiesQemuMigration: GET "/nodes/{node}/capabilities/qemu/migration" (node) {}
    GetNodeCertificates: GET "/nodes/{node}/certificates" (node) {}
    GetNodeCertificatesAcme: GET "/nodes/{node}/certificates/acme" (node) {}
    PostNodeCertificatesAcmeCertificate: POST "/nodes/{node}/certificates/acme/certificate" (node) { force: bool }
    PutNodeCertificatesAcmeCertificate: PUT "/nodes/{node}/certificates/acme/certificate" (node) { force: bool }
    DeleteNodeCertificatesAcmeCertificate: DELETE "/nodes/{node}/certificates/acme/certificate" (node) {}
    PostNodeCertificatesCustom: POST "/nodes/{node}/certificates/custom" (node; certificates: text) {
        force: bool, key: text, restart: bool,
    }
    DeleteNodeCertificatesCustom: DELETE "/nodes/{node}/certificates/custom" (node) { restart: bool }
    GetNodeCertificatesInfo: GET "/nodes/{node}/certificates/info" (node) {}
    GetNodeConfig: GET "/nodes/{node}/config" (node) {
        property: one_of("acme" "acmedomain0" "acmedomain1" "acmedomain2" "acmedomain3" "acmedomain4" "acmedomain5" "ballooning-target" "description" "startall-onboot-delay" "wakeonlan"),
    }
    PutNodeConfig: PUT "/nodes/{node}/config" (node) {
        acme: text, acmedomain["acmedomain[n]"]: numbered, ballooning_target["ballooning-target"]: int(0..=100),
        delete: list, description: text, digest: text, startall_onboot_delay["startall-onboot-delay"]: int(0..=300),
        wakeonlan: text,
    }
    GetNodeDns: GET "/nodes/{node}/dns" (node) {}
    PutNodeDns: PUT "/nodes/{node}/dns" (node; search: text) { dns1: text, dns2: text, dns3: text }
    PostNodeExecute: POST "/nodes/{node}/execute" (node; commands: text) {}
    GetNodeFirewall: GET "/nodes/{node}/firewall" (node) {}
    GetNodeFirewallLog: GET "/nodes/{node}/firewall/log" (node) {
        limit: int(0..), since: int(0..), start: int(0..), until: int(0..),
    }
    GetNodeFirewallOptions: GET "/nodes/{node}/firewall/options" (node) {}
    PutNodeFirewallOptions: PUT "/nodes/{node}/firewall/options" (node) {
        delete: list, digest: text, enable: bool,
        log_level_forward: one_of("emerg" "alert" "crit" "err" "warning" "notice" "info" "debug" "nolog"),
        log_level_in: one_of("emerg" "alert" "crit" "err" "warning" "notice" "info" "debug" "nolog"),
        log_level_out: one_of("emerg" "alert" "crit" "err" "warning" "notice" "info" "debug" "nolog"),
        log_nf_conntrack: bool, ndp: bool, nf_conntrack_allow_invalid: bool, nf_conntrack_helpers: text,
        nf_conntrack_max: int(32768..), nf_conntrack_tcp_timeout_established: int(7875..),
        nf_conntrack_tcp_timeout_syn_recv: int(30..=60), nftables: bool, nosmurfs: bool, protection_synflood: bool,
        protection_synflood_burst: int, protection_synflood_rate: int,
        smurf_log_level: one_of("emerg" "alert" "crit" "err" "warning" "notice" "info" "debug" "nolog"),
        tcp_flags_log_level: one_of("emerg" "alert" "crit" "err" "warning" "notice" "info" "debug" "nolog"),
        tcpflags: bool,
    }
    GetNodeFirewallRules: GET "/nodes/{node}/firewall/rules" (node) {}
    PostNodeFirewallRules: POST "/nodes/{node}/firewall/rules" (node; action: text, kind["type"]: one_of("in" "out" "forward" "group")) {
        comment: text, dest: text, digest: text, dport: text, enable: int(0..), icmp_type["icmp-type"]: text,
        iface: text, log: one_of("emerg" "alert" "crit" "err" "warning" "notice" "info" "debug" "nolog"),
        macro_name["macro"]: text, pos: int(0..), proto: text, source: text, sport: text,
    }
    GetNodeFirewallRulesPos: GET "/nodes/{node}/firewall/rules/{pos}" (node pos) {}
    PutNodeFirewallRulesPos: PUT "/nodes/{node}/firewall/rules/{pos}" (node pos) {
        action: text, comment: text, delete: list, dest: text, digest: text, dport: text, enable: int(0..),
        icmp_type["icmp-type"]: text, iface: text,
        log: one_of("emerg" "alert" "crit" "err" "warning" "notice" "info" "debug" "nolog"), macro_name["macro"]: text,
        moveto: int(0..), proto: text, source: text, sport: text, kind["type"]: one_of("in" "out" "forward" "group"),
    }
    DeleteNodeFirewallRulesPos: DELETE "/nodes/{node}/firewall/rules/{pos}" (node pos) { digest: text }
    GetNodeHardware: GET "/nodes/{node}/hardware" (node) {}
    GetNodeHardwarePci: GET "/nodes/{node}/hardware/pci" (node) {
        pci_class_blacklist["pci-class-blacklist"]: list, verbose: bool,
    }
    GetNodeHardwarePciPciIdOrMapping: GET "/nodes/{node}/hardware/pci/{pci-id-or-mapping}" (node pci_id_or_mapping) {}
    GetNodeHardwarePciPciIdOrMappingMdev: GET "/nodes/{node}/hardware/pci/{pci-id-or-mapping}/mdev" (node pci_id_or_mapping) {}
    GetNodeHardwareUsb: GET "/nodes/{node}/hardware/usb" (node) {}
    GetNodeHosts: GET "/nodes/{node}/hosts" (node) {}
    PostNodeHosts: POST "/nodes/{node}/hosts" (node; data: text) { digest: text }
    GetNodeJournal: GET "/nodes/{node}/journal" (node) {
        endcursor: text, lastentries: int(0..), since: int(0..), startcursor: text, until: int(0..),
    }
    PostNodeMigrateall: POST "/nodes/{node}/migrateall" (node; target: text) {
        max_workers["max-workers"]: int(1..=64), maxworkers: int(1..=64), vms: list,
        with_local_disks["with-local-disks"]: bool,
    }
    GetNodeNetstat: GET "/nodes/{node}/netstat" (node) {}
    GetNodeNetwork: GET "/nodes/{node}/network" (node) {
        kind["type"]: one_of("bridge" "bond" "eth" "alias" "vlan" "fabric" "OVSBridge" "OVSBond" "OVSPort" "OVSIntPort" "vnet" "any_bridge" "any_local_bridge" "include_sdn"),
    }
    PostNodeNetwork: POST "/nodes/{node}/network" (node; iface: text, kind["type"]: one_of("bridge" "bond" "eth" "alias" "vlan" "fabric" "OVSBridge" "OVSBond" "OVSPort" "OVSIntPort" "vnet" "unknown")) {
        address: text, address6: text, autostart: bool, bond_primary["bond-primary"]: text,
        bond_mode: one_of("balance-rr" "active-backup" "balance-xor" "broadcast" "802.3ad" "balance-tlb" "balance-alb" "balance-slb" "lacp-balance-slb" "lacp-balance-tcp"),
        bond_xmit_hash_policy: one_of("layer2" "layer2+3" "layer3+4"), bridge_ports: list, bridge_vids: list,
        bridge_vlan_aware: bool, cidr: text, cidr6: text, comments: text, comments6: text, gateway: text,
        gateway6: text, mtu: int(1280..=65520), netmask: text, netmask6: int(0..=128), ovs_bonds: list,
        ovs_bridge: text, ovs_options: text, ovs_ports: list, ovs_tag: int(1..=4094), slaves: list,
        vlan_id["vlan-id"]: int(1..=4094), vlan_raw_device["vlan-raw-device"]: text,
    }
    PutNodeNetwork: PUT "/nodes/{node}/network" (node) { regenerate_frr["regenerate-frr"]: bool }
    DeleteNodeNetwork: DELETE "/nodes/{node}/network" (node) {}
    GetNodeNetworkIface: GET "/nodes/{node}/network/{iface}" (node iface) {}
    PutNodeNetworkIface: PUT "/nodes/{node}/network/{iface}" (node iface; kind["type"]: one_of("bridge" "bond" "eth" "alias" "vlan" "fabric" "OVSBridge" "OVSBond" "OVSPort" "OVSIntPort" "vnet" "unknown")) {
        address: text, address6: text, autostart: bool, bond_primary["bond-primary"]: text,
        bond_mode: one_of("balance-rr" "active-backup" "balance-xor" "broadcast" "802.3ad" "balance-tlb" "balance-alb" "balance-slb" "lacp-balance-slb" "lacp-balance-tcp"),
        bond_xmit_hash_policy: one_of("layer2" "layer2+3" "layer3+4"), bridge_ports: list, bridge_vids: list,
        bridge_vlan_aware: bool, cidr: text, cidr6: text, comments: text, comments6: text, delete: list, gateway: text,
        gateway6: text, mtu: int(1280..=65520), netmask: text, netmask6: int(0..=128), ovs_bonds: list,
        ovs_bridge: text, ovs_options: text, ovs_ports: list, ovs_tag: int(1..=4094), slaves: list,
        vlan_id["vlan-id"]: int(1..=4094), vlan_raw_device["vlan-raw-device"]: text,
    }
    DeleteNodeNetworkIface: DELETE "/nodes/{node}/network/{iface}" (node iface) {}
    GetNodeQueryOciRepoTags: GET "/nodes/{node}/query-oci-repo-tags" (node; reference: text) {}
    GetNodeQueryUrlMetadata: GET "/nodes/{node}/query-url-metadata" (node; url: text) {
        verify_certificates["verify-certificates"]: bool,
    }
    GetNodeReplication: GET "/nodes/{node}/replication" (node) { guest: int(100..=999999999) }
    GetNodeReplicationId: GET "/nodes/{node}/replication/{id}" (node id) {}
    GetNodeReplicationIdLog: GET "/nodes/{node}/replication/{id}/log" (node id) { limit: int(0..), start: int(0..) }
    PostNodeReplicationIdScheduleNow: POST "/nodes/{node}/replication/{id}/schedule_now" (node id) {}
    GetNodeReplicationIdStatus: GET "/nodes/{node}/replication/{id}/status" (node id) {}
    GetNodeReport: GET "/nodes/{node}/report" (node) {}
    GetNodeRrd: GET "/nodes/{node}/rrd" (node; ds: list, timeframe: one_of("hour" "day" "week" "month" "year" "decade")) {
        cf: one_of("AVERAGE" "MAX"),
    }
    GetNodeRrddata: GET "/nodes/{node}/rrddata" (node; timeframe: one_of("hour" "day" "week" "month" "year" "decade")) {
        cf: one_of("AVERAGE" "MAX"),
    }
    GetNodeScan: GET "/nodes/{node}/scan" (node) {}
    GetNodeScanCifs: GET "/nodes/{node}/scan/cifs" (node; server: text) {
        domain: text, password: text, username: text,
    }
    GetNodeScanIscsi: GET "/nodes/{node}/scan/iscsi" (node; portal: text) {}
    GetNodeScanLvm: GET "/nodes/{node}/scan/lvm" (node) {}
    GetNodeScanLvmthin: GET "/nodes/{node}/scan/lvmthin" (node; vg: text) {}
    GetNodeScanNfs: GET "/nodes/{node}/scan/nfs" (node; server: text) {}
    GetNodeScanPbs: GET "/nodes/{node}/scan/pbs" (node; password: text, server: text, username: text) {
        fingerprint: text, port: int(1..=65535),
    }
    GetNodeScanZfs: GET "/nodes/{node}/scan/zfs" (node) {}
    GetNodeSdn: GET "/nodes/{node}/sdn" (node) {}
    GetNodeSdnFabricsFabric: GET "/nodes/{node}/sdn/fabrics/{fabric}" (node fabric) {}
    GetNodeSdnFabricsFabricInterfaces: GET "/nodes/{node}/sdn/fabrics/{fabric}/interfaces" (node fabric) {}
    GetNodeSdnFabricsFabricNeighbors: GET "/nodes/{node}/sdn/fabrics/{fabric}/neighbors" (node fabric) {}
    GetNodeSdnFabricsFabricRoutes: GET "/nodes/{node}/sdn/fabrics/{fabric}/routes" (node fabric) {}
    GetNodeSdnVnetsVnet: GET "/nodes/{node}/sdn/vnets/{vnet}" (node vnet) {}
    GetNodeSdnVnetsVnetMacVrf: GET "/nodes/{node}/sdn/vnets/{vnet}/mac-vrf" (node vnet) {}
    GetNodeSdnZones: GET "/nodes/{node}/sdn/zones" (node) {}
    GetNodeSdnZonesZone: GET "/nodes/{node}/sdn/zones/{zone}" (node zone) {}
    GetNodeSdnZonesZoneBridges: GET "/nodes/{node}/sdn/zones/{zone}/bridges" (node zone) {}
    GetNodeSdnZonesZoneContent: GET "/nodes/{node}/sdn/zones/{zone}/content" (node zone) {}
    GetNodeSdnZonesZoneIpVrf: GET "/nodes/{node}/sdn/zones/{zone}/ip-vrf" (node zone) {}
    GetNodeServices: GET "/nodes/{node}/services" (node) {}
    GetNodeServicesService: GET "/nodes/{node}/services/{service}" (node service) {}
    PostNodeServicesServiceReload: POST "/nodes/{node}/services/{service}/reload" (node service) {}
    PostNodeServicesServiceRestart: POST "/nodes/{node}/services/{service}/restart" (node service) {}
    PostNodeServicesServiceStart: POST "/nodes/{node}/services/{service}/start" (node service) {}
    GetNodeServicesServiceState: GET "/nodes/{node}/services/{service}/state" (node service) {}
    PostNodeServicesServiceStop: POST "/nodes/{node}/services/{service}/stop" (node service) {}
    PostNodeSpiceshell: POST "/nodes/{node}/spiceshell" (node) {
        cmd: one_of("ceph_install" "login" "upgrade"), cmd_opts["cmd-opts"]: text, proxy: text,
    }
    PostNodeStartall: POST "/nodes/{node}/startall" (node) {
        force: bool, max_workers["max-workers"]: int(1..=64), vms: list,
    }
    GetNodeStatus: GET "/nodes/{node}/status" (node) {}
    PostNodeStatus: POST "/nodes/{node}/status" (node; command: one_of("reboot" "shutdown")) {}
    PostNodeStopall: POST "/nodes/{node}/stopall" (node) {
        force_stop["force-stop"]: bool, max_workers["max-workers"]: int(1..=64), timeout: int(0..=7200), vms: list,
    }
    GetNodeSubscription: GET "/nodes/{node}/subscription" (node) {}
    PostNodeSubscription: POST "/nodes/{node}/subscription" (node) { force: bool }
    PutNodeSubscription: PUT "/nodes/{node}/subscription" (node; key: text) {}
    DeleteNodeSubscription: DELETE "/nodes/{node}/subscription" (node) {}
    PostNodeSuspendall: POST "/nodes/{node}/suspendall" (node) { max_workers["max-workers"]: int(1..=64), vms: list }
    GetNodeSyslog: GET "/nodes/{node}/syslog" (node) {
        limit: int(0..), service: text, since: text, start: int(0..), until: text,
    }
    GetNodeTasks: GET "/nodes/{node}/tasks" (node) {
        errors: bool, limit: int(0..), since: int, source: one_of("archive" "active" "all"), start: int(0..),
        statusfilter: list, typefilter: text, until: int, userfilter: text, vmid: int(100..=999999999),
    }
    GetNodeTasksUpid: GET "/nodes/{node}/tasks/{upid}" (node upid) {}
    DeleteNodeTasksUpid: DELETE "/nodes/{node}/tasks/{upid}" (node upid) {}
    GetNodeTasksUpidLog: GET "/nodes/{node}/tasks/{upid}/log" (node upid) {
        download: bool, limit: int(0..), start: int(0..),
    }
    GetNodeTasksUpidStatus: GET "/nodes/{node}/tasks/{upid}/status" (node upid) {}
    PostNodeTermproxy: POST "/nodes/{node}/termproxy" (node) {
        cmd: one_of("ceph_install" "login" "upgrade"), cmd_opts["cmd-opts"]: text,
    }
    GetNodeTime: GET "/nodes/{node}/time" (node) {}
    PutNodeTime: PUT "/nodes/{node}/time" (node; timezone: text) {}
    GetNodeVersion: GET "/nodes/{node}/version" (node) {}
    PostNodeVncshell: POST "/nodes/{node}/vncshell" (node) {
        cmd: one_of("ceph_install" "login" "upgrade"), cmd_opts["cmd-opts"]: text, height: int(16..=2160),
        websocket: bool, width: int(16..=4096),
    }
    GetNodeVncwebsocket: GET "/nodes/{node}/vncwebsocket" (node; port: int(5900..=5999), vncticket: text) {}
    PostNodeVzdump: POST "/nodes/{node}/vzdump" (node) {
        all: bool, bwlimit: int(0..), compress: one_of("0" "1" "gzip" "lzo" "zstd"), dumpdir: text, exclude: list,
        exclude_path["exclude-path"]: array, fleecing: text, ionice: int(0..=8), job_id["job-id"]: text,
        lockwait: int(0..), mailnotification: one_of("always" "failure"), mailto: list,
        mode: one_of("snapshot" "suspend" "stop"), notes_template["notes-template"]: text,
        notification_mode["notification-mode"]: one_of("auto" "legacy-sendmail" "notification-system"),
        pbs_change_detection_mode["pbs-change-detection-mode"]: one_of("legacy" "data" "metadata"), performance: text,
        pigz: int, pool: text, protected: bool, prune_backups["prune-backups"]: text, quiet: bool, remove: bool,
        script: text, stdexcludes: bool, stdout: bool, stop: bool, stopwait: int(0..), storage: text, tmpdir: text,
        vmid: list, zstd: int,
    }
    GetNodeVzdumpDefaults: GET "/nodes/{node}/vzdump/defaults" (node) { storage: text }
    GetNodeVzdumpExtractconfig: GET "/nodes/{node}/vzdump/extractconfig" (node; volume: text) {}
    PostNodeWakeonlan: POST "/nodes/{node}/wakeonlan" (node) {}
}
