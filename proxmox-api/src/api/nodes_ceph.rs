//! `/nodes/{node}/ceph`. Generated from the schema of Proxmox VE 9.1; the test `generated` writes it.

operations! {
    Get: GET "/nodes/{node}/ceph" (node) {}
    GetCfg: GET "/nodes/{node}/ceph/cfg" (node) {}
    GetCfgDb: GET "/nodes/{node}/ceph/cfg/db" (node) {}
    GetCfgRaw: GET "/nodes/{node}/ceph/cfg/raw" (node) {}
    GetCfgValue: GET "/nodes/{node}/ceph/cfg/value" (node; config_keys["config-keys"]: text) {}
    GetCmdSafety: GET "/nodes/{node}/ceph/cmd-safety" (node; action: one_of("stop" "destroy"), id: text, service: one_of("osd" "mon" "mds")) {}
    GetCrush: GET "/nodes/{node}/ceph/crush" (node) {}
    GetFs: GET "/nodes/{node}/ceph/fs" (node) {}
    PostFsName: POST "/nodes/{node}/ceph/fs/{name}" (node name) {
        add_storage["add-storage"]: bool, pg_num: int(8..=32768),
    }
    PostInit: POST "/nodes/{node}/ceph/init" (node) {
        cluster_network["cluster-network"]: text, disable_cephx: bool, min_size: int(1..=7), network: text,
        pg_bits: int(6..=14), size: int(1..=7),
    }
    GetLog: GET "/nodes/{node}/ceph/log" (node) { limit: int(0..), start: int(0..) }
    GetMds: GET "/nodes/{node}/ceph/mds" (node) {}
    PostMdsName: POST "/nodes/{node}/ceph/mds/{name}" (node name) { hotstandby: bool }
    DeleteMdsName: DELETE "/nodes/{node}/ceph/mds/{name}" (node name) {}
    GetMgr: GET "/nodes/{node}/ceph/mgr" (node) {}
    PostMgrId: POST "/nodes/{node}/ceph/mgr/{id}" (node id) {}
    DeleteMgrId: DELETE "/nodes/{node}/ceph/mgr/{id}" (node id) {}
    GetMon: GET "/nodes/{node}/ceph/mon" (node) {}
    PostMonMonid: POST "/nodes/{node}/ceph/mon/{monid}" (node monid) { mon_address["mon-address"]: list }
    DeleteMonMonid: DELETE "/nodes/{node}/ceph/mon/{monid}" (node monid) {}
    GetOsd: GET "/nodes/{node}/ceph/osd" (node) {}
    PostOsd: POST "/nodes/{node}/ceph/osd" (node; dev: text) {
        crush_device_class["crush-device-class"]: text, db_dev: text, db_dev_size: number, encrypted: bool,
        osds_per_device["osds-per-device"]: int, wal_dev: text, wal_dev_size: number,
    }
    GetOsdOsdid: GET "/nodes/{node}/ceph/osd/{osdid}" (node osdid) {}
    DeleteOsdOsdid: DELETE "/nodes/{node}/ceph/osd/{osdid}" (node osdid) { cleanup: bool }
    PostOsdOsdidIn: POST "/nodes/{node}/ceph/osd/{osdid}/in" (node osdid) {}
    GetOsdOsdidLvInfo: GET "/nodes/{node}/ceph/osd/{osdid}/lv-info" (node osdid) {
        kind["type"]: one_of("block" "db" "wal"),
    }
    GetOsdOsdidMetadata: GET "/nodes/{node}/ceph/osd/{osdid}/metadata" (node osdid) {}
    PostOsdOsdidOut: POST "/nodes/{node}/ceph/osd/{osdid}/out" (node osdid) {}
    PostOsdOsdidScrub: POST "/nodes/{node}/ceph/osd/{osdid}/scrub" (node osdid) { deep: bool }
    GetPool: GET "/nodes/{node}/ceph/pool" (node) {}
    PostPool: POST "/nodes/{node}/ceph/pool" (node; name: text) {
        add_storages: bool, application: one_of("rbd" "cephfs" "rgw"), crush_rule: text,
        erasure_coding["erasure-coding"]: text, min_size: int(1..=7), pg_autoscale_mode: one_of("on" "off" "warn"),
        pg_num: int(1..=32768), pg_num_min: int(..=32768), size: int(1..=7), target_size: text,
        target_size_ratio: number,
    }
    GetPoolName: GET "/nodes/{node}/ceph/pool/{name}" (node name) {}
    PutPoolName: PUT "/nodes/{node}/ceph/pool/{name}" (node name) {
        application: one_of("rbd" "cephfs" "rgw"), crush_rule: text, min_size: int(1..=7),
        pg_autoscale_mode: one_of("on" "off" "warn"), pg_num: int(1..=32768), pg_num_min: int(..=32768),
        size: int(1..=7), target_size: text, target_size_ratio: number,
    }
    DeletePoolName: DELETE "/nodes/{node}/ceph/pool/{name}" (node name) {
        force: bool, remove_ecprofile: bool, remove_storages: bool,
    }
    GetPoolNameStatus: GET "/nodes/{node}/ceph/pool/{name}/status" (node name) { verbose: bool }
    PostRestart: POST "/nodes/{node}/ceph/restart" (node) { service: text }
    GetRules: GET "/nodes/{node}/ceph/rules" (node) {}
    PostStart: POST "/nodes/{node}/ceph/start" (node) { service: text }
    GetStatus: GET "/nodes/{node}/ceph/status" (node) {}
    PostStop: POST "/nodes/{node}/ceph/stop" (node) { service: text }
}
