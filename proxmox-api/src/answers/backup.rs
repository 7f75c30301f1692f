//! Backups and other volumes.

answer! {
    /// A backup job.
    BackupJob {
        /// Its name.
        id: name,
        /// When, as a calendar event.
        schedule: text,
        /// When next, in seconds since 1970 UTC.
        next_run["next-run"]: int,
        /// Where the backups go.
        storage: text,
        /// The guests, by VMID, separated by commas.
        vmid: text,
        /// All guests of this pool.
        pool: text,
        /// All guests.
        all: flag,
        /// But not these.
        exclude: text,
        /// Only guests on this node.
        node: text,
        /// Whether it runs. (None: it does.)
        enabled: (u8),
        /// `snapshot`, `suspend` or `stop`.
        mode: text,
        /// How backups are compressed.
        compress: text,
        /// What it is for.
        comment: text,
    }
}

answer! {
    /// A guest that no backup job has.
    NotBackedUp {
        /// Its VMID.
        vmid: (crate::Vmid),
        /// Its name.
        name: text,
        /// `qemu` or `lxc`.
        kind["type"]: text,
    }
}

answer! {
    /// A backup that is kept or pruned.
    PrunedBackup {
        /// The volume.
        volid: name,
        /// `keep`, `remove`, `protected` or `renamed`.
        mark: text,
        /// When it was made, in seconds since 1970 UTC.
        ctime: int,
        /// `qemu` or `lxc`.
        kind["type"]: text,
        /// Whose it is.
        vmid: (crate::Vmid),
    }
}

answer! {
    /// One volume of a storage, in full.
    VolumeInfo {
        /// Where it is on the node.
        path: text,
        /// Such as `raw`.
        format: text,
        /// Size in bytes.
        size: int,
        /// Bytes used.
        used: int,
        /// Notes of a backup.
        notes: text,
        /// Whether the backup is kept when others are pruned.
        protected: flag,
    }
}

answer! {
    /// How full a storage is, as one node sees it.
    StorageStatus {
        /// How it is made, such as `lvmthin`.
        kind["type"]: text,
        /// What may be on it, comma-separated.
        content: text,
        /// Whether all nodes see the same.
        shared: flag,
        /// Whether it is not disabled.
        enabled: flag,
        /// Whether it can be used now.
        active: flag,
        /// Size in bytes.
        total: int,
        /// Bytes used.
        used: int,
        /// Bytes free.
        avail: int,
    }
}

answer! {
    /// What is behind an address: `GET /nodes/{node}/query-url-metadata`.
    UrlInfo {
        /// The name it would have as a file.
        filename: text,
        /// Its type.
        mimetype: text,
        /// Size in bytes.
        size: int,
    }
}
