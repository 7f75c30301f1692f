//! `POST /nodes/{node}/vzdump`, backup jobs, and creating guests from backups.

use crate::types::{NodeName, StorageId, Vmid};

params! {
    /// How to back up guests of a node. One of `vmid`, `pool` and `all` says which.
    BackupParams() {
        /// The guests, by VMID, separated by commas.
        vmid: String,
        /// All guests of this pool.
        pool: String,
        /// All guests of the node.
        all: bool,
        /// But not these, separated by commas.
        exclude: String,
        /// Where the backups go.
        storage: StorageId,
        /// `snapshot` (default), `suspend` or `stop`.
        mode: String,
        /// `0`, `gzip`, `lzo` or `zstd`.
        compress: String,
        /// Keep the backup when older ones are pruned.
        protected: bool,
        /// Prune older backups of the guest.
        remove: bool,
        /// What to keep then, such as `keep-last=3,keep-weekly=4`.
        prune_backups["prune-backups"]: String,
        /// Notes of the backup; `{{guestname}}`, `{{vmid}}`, `{{node}}` and `{{cluster}}` are replaced.
        notes_template["notes-template"]: String,
        /// Limit in KiB/s.
        bwlimit: u64,
        /// `auto`, `legacy-sendmail` or `notification-system`.
        notification_mode["notification-mode"]: String,
    }
}

params! {
    /// A backup job: what is backed up when.
    BackupJobParams(
        /// When, as a calendar event: `sat 03:00`, `*-*-* 21:30`.
        schedule: String,
        /// Where the backups go.
        storage: StorageId,
    ) {
        /// Its name; Proxmox makes one up.
        id: String,
        /// The guests, by VMID, separated by commas.
        vmid: String,
        /// All guests of this pool.
        pool: String,
        /// All guests.
        all: bool,
        /// But not these, separated by commas.
        exclude: String,
        /// Only guests on this node.
        node: NodeName,
        /// Whether it runs; default: it does.
        enabled: bool,
        /// What it is for.
        comment: String,
        /// `snapshot` (default), `suspend` or `stop`.
        mode: String,
        /// `0`, `gzip`, `lzo` or `zstd`.
        compress: String,
        /// What to keep, such as `keep-last=3,keep-weekly=4`.
        prune_backups["prune-backups"]: String,
        /// Notes of the backups.
        notes_template["notes-template"]: String,
        /// Run as soon as possible what was missed.
        repeat_missed["repeat-missed"]: bool,
    }
}

params! {
    /// How to make a virtual machine of a backup.
    QemuRestoreParams(
        /// Its VMID.
        vmid: Vmid,
        /// The backup: `local:backup/vzdump-qemu-100-….vma.zst`.
        archive: String,
    ) {
        /// Where its disks go; default: where they were.
        storage: StorageId,
        /// In place of a guest that has the VMID.
        force: bool,
        /// New MAC addresses and a new UUID.
        unique: bool,
        /// Start it afterwards.
        start: bool,
        /// Start it at once, and restore while it runs (Proxmox Backup Server only).
        live_restore["live-restore"]: bool,
        /// The pool it goes into.
        pool: String,
        /// Its name, in place of the backup's.
        name: String,
        /// Limit in KiB/s.
        bwlimit: u64,
    }
}

params! {
    /// How to make a container of a backup.
    LxcRestoreParams(
        /// Its VMID.
        vmid: Vmid,
        /// The backup: `local:backup/vzdump-lxc-200-….tar.zst`.
        ostemplate: String,
        /// That it is one: true.
        restore: bool,
    ) {
        /// Where its volumes go; default `local`.
        storage: StorageId,
        /// In place of a guest that has the VMID.
        force: bool,
        /// New MAC addresses.
        unique: bool,
        /// Whether it is unprivileged; default: as it was.
        unprivileged: bool,
        /// Start it afterwards.
        start: bool,
        /// The pool it goes into.
        pool: String,
        /// Its host name, in place of the backup's.
        hostname: String,
    }
}

impl LxcRestoreParams {
    /// From this backup.
    pub fn from_backup(vmid: Vmid, archive: impl Into<String>) -> Self {
        Self::new(vmid, archive, true)
    }
}
