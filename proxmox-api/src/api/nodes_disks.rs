//! `/nodes/{node}/disks`. Generated from the schema of Proxmox VE 9.1; the test `generated` writes it.

operations! {
    Get: GET "/nodes/{node}/disks" (node) {}
    GetDirectory: GET "/nodes/{node}/disks/directory" (node) {}
    PostDirectory: POST "/nodes/{node}/disks/directory" (node; device: text, name: text) {
        add_storage: bool, filesystem: one_of("ext4" "xfs"),
    }
    DeleteDirectoryName: DELETE "/nodes/{node}/disks/directory/{name}" (node name) {
        cleanup_config["cleanup-config"]: bool, cleanup_disks["cleanup-disks"]: bool,
    }
    PostInitgpt: POST "/nodes/{node}/disks/initgpt" (node; disk: text) { uuid: text }
    GetList: GET "/nodes/{node}/disks/list" (node) {
        include_partitions["include-partitions"]: bool, skipsmart: bool, kind["type"]: one_of("unused" "journal_disks"),
    }
    GetLvm: GET "/nodes/{node}/disks/lvm" (node) {}
    PostLvm: POST "/nodes/{node}/disks/lvm" (node; device: text, name: text) { add_storage: bool }
    DeleteLvmName: DELETE "/nodes/{node}/disks/lvm/{name}" (node name) {
        cleanup_config["cleanup-config"]: bool, cleanup_disks["cleanup-disks"]: bool,
    }
    GetLvmthin: GET "/nodes/{node}/disks/lvmthin" (node) {}
    PostLvmthin: POST "/nodes/{node}/disks/lvmthin" (node; device: text, name: text) { add_storage: bool }
    DeleteLvmthinName: DELETE "/nodes/{node}/disks/lvmthin/{name}" (node name; volume_group["volume-group"]: text) {
        cleanup_config["cleanup-config"]: bool, cleanup_disks["cleanup-disks"]: bool,
    }
    GetSmart: GET "/nodes/{node}/disks/smart" (node; disk: text) { healthonly: bool }
    PutWipedisk: PUT "/nodes/{node}/disks/wipedisk" (node; disk: text) {}
    GetZfs: GET "/nodes/{node}/disks/zfs" (node) {}
    PostZfs: POST "/nodes/{node}/disks/zfs" (node; devices: list, name: text, raidlevel: one_of("single" "mirror" "raid10" "raidz" "raidz2" "raidz3" "draid" "draid2" "draid3")) {
        add_storage: bool, ashift: int(9..=16), compression: one_of("on" "off" "gzip" "lz4" "lzjb" "zle" "zstd"),
        draid_config["draid-config"]: text,
    }
    GetZfsName: GET "/nodes/{node}/disks/zfs/{name}" (node name) {}
    DeleteZfsName: DELETE "/nodes/{node}/disks/zfs/{name}" (node name) {
        cleanup_config["cleanup-config"]: bool, cleanup_disks["cleanup-disks"]: bool,
    }
}
