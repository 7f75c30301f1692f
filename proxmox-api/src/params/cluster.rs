//! Parameters of what the cluster holds: pools, HA, replication, definitions of storages.

use crate::types::{NodeName, StorageId};

params! {
    /// Changes of a pool: members that come, or go with `delete`; its comment.
    PoolUpdate() {
        /// Guests, by VMID, separated by commas.
        vms: String,
        /// Storages, separated by commas.
        storage: String,
        /// They go.
        delete: bool,
        /// They come from other pools, if they are in one. (Without it that is refused.)
        allow_move["allow-move"]: bool,
        /// What it is for.
        comment: String,
    }
}

params! {
    /// A guest that HA manages.
    HaResourceParams(
        /// Which: `vm:100`, `ct:200`.
        sid: String,
    ) {
        /// What HA keeps it in: `started` (default), `stopped`, `disabled`, `ignored`.
        state: String,
        /// Its group; before Proxmox VE 9.
        group: String,
        /// How often it is started again on its node; default 1.
        max_restart: u64,
        /// How often it is started on another one; default 1.
        max_relocate: u64,
        /// Whether it goes back to the node of highest priority.
        failback: bool,
        /// What it is for.
        comment: String,
    }
}

params! {
    /// A group of nodes for HA; Proxmox VE 9 has [rules](HaRuleParams) instead.
    HaGroupParams(
        /// Its name.
        group: String,
        /// Its nodes with priorities: `pve01:2,pve02`.
        nodes: String,
    ) {
        /// Only on these nodes.
        restricted: bool,
        /// Stay where it is when a better node comes back.
        nofailback: bool,
        /// What it is for.
        comment: String,
    }
}

params! {
    /// A rule for where HA puts guests; since Proxmox VE 9.
    HaRuleParams(
        /// Its name.
        rule: String,
        /// `node-affinity` or `resource-affinity`.
        kind["type"]: String,
        /// Whom it is for, separated by commas: `vm:100,ct:200`.
        resources: String,
    ) {
        /// Of `node-affinity`: the nodes with priorities, `pve01:2,pve02`.
        nodes: String,
        /// Of `node-affinity`: only on these nodes.
        strict: bool,
        /// Of `resource-affinity`: `positive` (together) or `negative` (apart).
        affinity: String,
        /// It does not count.
        disable: bool,
        /// What it is for.
        comment: String,
    }
}

params! {
    /// A replication job.
    ReplicationParams(
        /// Its name: the VMID and a number, `100-0`.
        id: String,
        /// The node it copies to.
        target: NodeName,
        /// `local`, the only type.
        kind["type"]: String,
    ) {
        /// When, as a calendar event; default `*/15`.
        schedule: String,
        /// Limit in MB/s.
        rate: f64,
        /// It does not run.
        disable: bool,
        /// What it is for.
        comment: String,
    }
}

params! {
    /// A storage, as the cluster configures it. What a type needs beyond these: `api::storage::Post`.
    StorageParams(
        /// Its name.
        storage: StorageId,
        /// How it is made: `dir`, `lvmthin`, `nfs`, `rbd`, `pbs` …
        kind["type"]: String,
    ) {
        /// What may be on it, separated by commas: `images,rootdir,iso`.
        content: String,
        /// The nodes that have it, separated by commas; default: all.
        nodes: String,
        /// It is not used.
        disable: bool,
        /// All nodes see the same.
        shared: bool,
        /// Of `dir`: where.
        path: String,
        /// Of `lvm`, `lvmthin`: the volume group.
        vgname: String,
        /// Of `lvmthin`: the pool in it.
        thinpool: String,
        /// Of `rbd`, `zfspool`: the pool.
        pool: String,
        /// Of `nfs`, `cifs`, `pbs`: the server.
        server: String,
        /// Of `nfs`: what it exports.
        export: String,
        /// Of `cifs`: the share.
        share: String,
        /// Of `pbs`: the data store.
        datastore: String,
        /// Of `cifs`, `pbs`: the user.
        username: String,
        /// Of `cifs`, `pbs`: the password.
        password: String,
        /// Of `pbs`: SHA-256 of the certificate.
        fingerprint: String,
        /// Which backups are kept, such as `keep-last=3`.
        prune_backups["prune-backups"]: String,
    }
}
