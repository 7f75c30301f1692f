//! `/nodes/{node}/storage`. Generated from the schema of Proxmox VE 9.1; the test `generated` writes it.

operations! {
    Get: GET "/nodes/{node}/storage" (node) { content: list, enabled: bool, format: bool, storage: text, target: text }
    GetStorage: GET "/nodes/{node}/storage/{storage}" (node storage) {}
    GetStorageContent: GET "/nodes/{node}/storage/{storage}/content" (node storage) {
        content: text, vmid: int(100..=999999999),
    }
    PostStorageContent: POST "/nodes/{node}/storage/{storage}/content" (node storage; filename: text, size: text, vmid: int(100..=999999999)) {
        format: one_of("raw" "qcow2" "subvol" "vmdk"),
    }
    GetStorageContentVolume: GET "/nodes/{node}/storage/{storage}/content/{volume}" (node storage volume) {}
    PostStorageContentVolume: POST "/nodes/{node}/storage/{storage}/content/{volume}" (node storage volume; target: text) {
        target_node: text,
    }
    PutStorageContentVolume: PUT "/nodes/{node}/storage/{storage}/content/{volume}" (node storage volume) {
        notes: text, protected: bool,
    }
    DeleteStorageContentVolume: DELETE "/nodes/{node}/storage/{storage}/content/{volume}" (node storage volume) {
        delay: int(1..=30),
    }
    PostStorageDownloadUrl: POST "/nodes/{node}/storage/{storage}/download-url" (node storage; content: one_of("iso" "vztmpl" "import"), filename: text, url: text) {
        checksum: text,
        checksum_algorithm["checksum-algorithm"]: one_of("md5" "sha1" "sha224" "sha256" "sha384" "sha512"),
        compression: text, verify_certificates["verify-certificates"]: bool,
    }
    GetStorageFileRestoreDownload: GET "/nodes/{node}/storage/{storage}/file-restore/download" (node storage; filepath: text, volume: text) {
        tar: bool,
    }
    GetStorageFileRestoreList: GET "/nodes/{node}/storage/{storage}/file-restore/list" (node storage; filepath: text, volume: text) {}
    GetStorageImportMetadata: GET "/nodes/{node}/storage/{storage}/import-metadata" (node storage; volume: text) {}
    PostStorageOciRegistryPull: POST "/nodes/{node}/storage/{storage}/oci-registry-pull" (node storage; reference: text) {
        filename: text,
    }
    GetStoragePrunebackups: GET "/nodes/{node}/storage/{storage}/prunebackups" (node storage) {
        prune_backups["prune-backups"]: text, kind["type"]: one_of("qemu" "lxc"), vmid: int(100..=999999999),
    }
    DeleteStoragePrunebackups: DELETE "/nodes/{node}/storage/{storage}/prunebackups" (node storage) {
        prune_backups["prune-backups"]: text, kind["type"]: one_of("qemu" "lxc"), vmid: int(100..=999999999),
    }
    GetStorageRrd: GET "/nodes/{node}/storage/{storage}/rrd" (node storage; ds: list, timeframe: one_of("hour" "day" "week" "month" "year")) {
        cf: one_of("AVERAGE" "MAX"),
    }
    GetStorageRrddata: GET "/nodes/{node}/storage/{storage}/rrddata" (node storage; timeframe: one_of("hour" "day" "week" "month" "year")) {
        cf: one_of("AVERAGE" "MAX"),
    }
    GetStorageStatus: GET "/nodes/{node}/storage/{storage}/status" (node storage) {}
    PostStorageUpload: POST "/nodes/{node}/storage/{storage}/upload" (node storage; content: one_of("iso" "vztmpl" "import"), filename: text) {
        checksum: text,
        checksum_algorithm["checksum-algorithm"]: one_of("md5" "sha1" "sha224" "sha256" "sha384" "sha512"),
        tmpfilename: text,
    }
}
