//! High availability, replication, pools.

answer! {
    /// A guest that HA manages.
    HaResource {
        /// Which: `vm:100`.
        sid: name,
        /// What HA keeps it in.
        state: text,
        /// Its group; before Proxmox VE 9.
        group: text,
        /// How often it is started again on its node.
        max_restart: int,
        /// How often it is started on another one.
        max_relocate: int,
        /// What it is for.
        comment: text,
        /// The configuration's digest; not in lists.
        digest: text,
    }
}

answer! {
    /// What HA answers when a guest is to move.
    HaMove {
        /// The guest.
        sid: name,
        /// Where to.
        requested_node["requested-node"]: text,
        /// Guests that move along.
        comigrated["comigrated-resources"]: (Vec<String>),
    }
}

answer! {
    /// A group of nodes for HA.
    HaGroup {
        /// Its name.
        group: name,
        /// Its nodes with priorities.
        nodes: text,
        /// Only on these nodes.
        restricted: flag,
        /// Stay where it is when a better node comes back.
        nofailback: flag,
        /// What it is for.
        comment: text,
    }
}

answer! {
    /// A rule for where HA puts guests.
    HaRule {
        /// Its name.
        rule: name,
        /// `node-affinity` or `resource-affinity`.
        kind["type"]: text,
        /// Whom it is for.
        resources: text,
        /// The nodes with priorities.
        nodes: text,
        /// Only on these nodes.
        strict: flag,
        /// `positive` or `negative`.
        affinity: text,
        /// It does not count.
        disable: flag,
        /// What it is for.
        comment: text,
    }
}

answer! {
    /// A line of HA's status: of the quorum, a node's manager, or a guest (`service`).
    HaStatus {
        /// What it is about.
        id: name,
        /// `quorum`, `master`, `lrm`, `fencing`, `service`.
        kind["type"]: text,
        /// In words.
        status: text,
        /// The node.
        node: text,
        /// Of a guest: which.
        sid: text,
        /// Of a guest: what it is in.
        state: text,
        /// Of a guest: what it is to be in.
        request_state: text,
        /// Whether there is a quorum.
        quorate: flag,
    }
}

answer! {
    /// A replication job.
    ReplicationJob {
        /// Its name: the VMID and a number.
        id: name,
        /// The guest.
        guest: (crate::Vmid),
        /// The node it copies to.
        target: text,
        /// The node it copies from.
        source: text,
        /// When, as a calendar event.
        schedule: text,
        /// Limit in MB/s.
        rate: number,
        /// It does not run.
        disable: flag,
        /// What it is for.
        comment: text,
    }
}

answer! {
    /// How a replication job fares on its node.
    ReplicationStatus {
        /// The job.
        id: name,
        /// The guest.
        guest: (crate::Vmid),
        /// The node it copies to.
        target: text,
        /// When it last succeeded, in seconds since 1970 UTC; 0: never.
        last_sync: int,
        /// When it is due.
        next_sync: int,
        /// How long the last one took, in seconds.
        duration: number,
        /// How often in a row it failed.
        fail_count: int,
        /// Why.
        error: text,
    }
}

answer! {
    /// A pool, in a list without its members.
    Pool {
        /// Its name.
        poolid: name,
        /// What it is for.
        comment: text,
        /// Its guests and storages.
        members: (crate::answers::List<crate::answers::Resource>),
    }
}
