//! `/storage`. Generated from the schema of Proxmox VE 9.1; the test `generated` writes it.

operations! {
    Get: GET "/storage" () {
        kind["type"]: one_of("btrfs" "cephfs" "cifs" "dir" "esxi" "iscsi" "iscsidirect" "lvm" "lvmthin" "nfs" "pbs" "rbd" "zfs" "zfspool"),
    }
    Post: POST "/storage" (; storage: text, kind["type"]: one_of("btrfs" "cephfs" "cifs" "dir" "esxi" "iscsi" "iscsidirect" "lvm" "lvmthin" "nfs" "pbs" "rbd" "zfs" "zfspool")) {
        authsupported: text, base: text, blocksize: text, bwlimit: text, comstar_hg: text, comstar_tg: text,
        content: list, content_dirs["content-dirs"]: list, create_base_path["create-base-path"]: bool,
        create_subdirs["create-subdirs"]: bool, data_pool["data-pool"]: text, datastore: text, disable: bool,
        domain: text, encryption_key["encryption-key"]: text, export: text, fingerprint: text,
        format: one_of("raw" "qcow2" "subvol" "vmdk"), fs_name["fs-name"]: text, fuse: bool, is_mountpoint: text,
        iscsiprovider: text, keyring: text, krbd: bool, lio_tpg: text, master_pubkey["master-pubkey"]: text,
        max_protected_backups["max-protected-backups"]: int(-1..), mkdir: bool, monhost: list, mountpoint: text,
        namespace: text, nocow: bool, nodes: list, nowritecache: bool, options: text, password: text, path: text,
        pool: text, port: int(1..=65535), portal: text, preallocation: one_of("off" "metadata" "falloc" "full"),
        prune_backups["prune-backups"]: text, saferemove: bool, saferemove_stepsize["saferemove-stepsize"]: int,
        saferemove_throughput: text, server: text, share: text, shared: bool,
        skip_cert_verification["skip-cert-verification"]: bool,
        smbversion: one_of("default" "2.0" "2.1" "3" "3.0" "3.11"),
        snapshot_as_volume_chain["snapshot-as-volume-chain"]: bool, sparse: bool, subdir: text, tagged_only: bool,
        target: text, thinpool: text, username: text, vgname: text, zfs_base_path["zfs-base-path"]: text,
    }
    GetStorage: GET "/storage/{storage}" (storage) {}
    PutStorage: PUT "/storage/{storage}" (storage) {
        blocksize: text, bwlimit: text, comstar_hg: text, comstar_tg: text, content: list,
        content_dirs["content-dirs"]: list, create_base_path["create-base-path"]: bool,
        create_subdirs["create-subdirs"]: bool, data_pool["data-pool"]: text, delete: list, digest: text, disable: bool,
        domain: text, encryption_key["encryption-key"]: text, fingerprint: text,
        format: one_of("raw" "qcow2" "subvol" "vmdk"), fs_name["fs-name"]: text, fuse: bool, is_mountpoint: text,
        keyring: text, krbd: bool, lio_tpg: text, master_pubkey["master-pubkey"]: text,
        max_protected_backups["max-protected-backups"]: int(-1..), mkdir: bool, monhost: list, mountpoint: text,
        namespace: text, nocow: bool, nodes: list, nowritecache: bool, options: text, password: text, pool: text,
        port: int(1..=65535), preallocation: one_of("off" "metadata" "falloc" "full"),
        prune_backups["prune-backups"]: text, saferemove: bool, saferemove_stepsize["saferemove-stepsize"]: int,
        saferemove_throughput: text, server: text, shared: bool, skip_cert_verification["skip-cert-verification"]: bool,
        smbversion: one_of("default" "2.0" "2.1" "3" "3.0" "3.11"),
        snapshot_as_volume_chain["snapshot-as-volume-chain"]: bool, sparse: bool, subdir: text, tagged_only: bool,
        username: text, zfs_base_path["zfs-base-path"]: text,
    }
    DeleteStorage: DELETE "/storage/{storage}" (storage) {}
}
