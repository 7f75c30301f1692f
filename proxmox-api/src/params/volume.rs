//! Volumes: moved, uploaded, downloaded.

use crate::types::{StorageId, Vmid};

params! {
    /// How to move a disk of a virtual machine to another storage, or to another machine of the same node.
    MoveDiskParams(
        /// Which: `scsi0`.
        disk: String,
    ) {
        /// The storage it goes to.
        storage: StorageId,
        /// Remove the original; without it, it stays as `unusedN`.
        delete: bool,
        /// `raw`, `qcow2` or `vmdk`.
        format: String,
        /// The machine it goes to.
        target_vmid["target-vmid"]: Vmid,
        /// The slot there; default: the same.
        target_disk["target-disk"]: String,
        /// Limit in KiB/s.
        bwlimit: u64,
        /// Refuse if the configuration has changed since this digest.
        digest: String,
    }
}

params! {
    /// How to move a volume of a container to another storage, or to another container of the same node.
    MoveVolumeParams(
        /// Which: `rootfs`, `mp0`.
        volume: String,
    ) {
        /// The storage it goes to.
        storage: StorageId,
        /// Remove the original; without it, it stays as `unusedN`.
        delete: bool,
        /// The container it goes to.
        target_vmid["target-vmid"]: Vmid,
        /// The slot there; default: the same.
        target_volume["target-volume"]: String,
        /// Limit in KiB/s.
        bwlimit: u64,
        /// Refuse if the configuration has changed since this digest.
        digest: String,
    }
}

params! {
    /// What is uploaded.
    UploadParams(
        /// What it is: `iso`, `vztmpl` or `import`.
        content: String,
        /// What it will be called: a name with the ending that its content wants.
        filename: String,
    ) {
        /// Its checksum, in hexadecimal digits: one that does not fit is refused.
        checksum: String,
        /// Of which kind: `md5`, `sha1`, `sha224`, `sha256`, `sha384` or `sha512`.
        checksum_algorithm["checksum-algorithm"]: String,
    }
}

params! {
    /// What a node fetches by itself.
    DownloadParams(
        /// What it is: `iso`, `vztmpl` or `import`.
        content: String,
        /// What it will be called: a name with the ending that its content wants.
        filename: String,
        /// From where.
        url: String,
    ) {
        /// Its checksum, in hexadecimal digits: with one that does not fit the task fails.
        checksum: String,
        /// Of which kind: `md5`, `sha1`, `sha224`, `sha256`, `sha384` or `sha512`.
        checksum_algorithm["checksum-algorithm"]: String,
        /// Unpack it: `gz`, `lzo`, `zst` or `bz2`.
        compression: String,
        /// Whether the certificate of the server must be right; default: it must.
        verify_certificates["verify-certificates"]: bool,
    }
}

params! {
    /// How to allocate a volume that belongs to no drive yet.
    AllocateParams(
        /// Whose it is.
        vmid: Vmid,
        /// Its name, such as `vm-100-disk-7`.
        filename: String,
        /// Its size with a unit, such as `8G`.
        size: String,
    ) {
        /// `raw`, `qcow2` …
        format: String,
    }
}

params! {
    /// Which backups on a storage are kept, which are pruned.
    PruneParams() {
        /// What to keep, such as `keep-last=3,keep-weekly=4`; default: the storage's.
        prune_backups["prune-backups"]: String,
        /// Of virtual machines (`qemu`) or containers (`lxc`) only.
        kind["type"]: String,
        /// Of this guest only.
        vmid: Vmid,
    }
}
