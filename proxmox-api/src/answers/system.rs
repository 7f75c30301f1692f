//! What a node is and does.

answer! {
    /// Bytes of memory or of a file system.
    Usage {
        /// All.
        total: int,
        /// Used.
        used: int,
        /// Free.
        free: int,
    }
}

answer! {
    /// `GET /nodes/{node}/status`.
    NodeStatus {
        /// Seconds since it started.
        uptime: int,
        /// Its processors' load, from 0 to 1.
        cpu: number,
        /// The load of one, five and fifteen minutes, as text.
        loadavg: (Vec<String>),
        /// Memory.
        memory: (Usage),
        /// Swap.
        swap: (Usage),
        /// The root file system.
        rootfs: (Usage),
        /// Such as `pve-manager/9.1.7/0307225d4bc8b3ed`.
        pveversion: text,
        /// The kernel.
        kversion: text,
    }
}

answer! {
    /// A service of a node.
    Service {
        /// Its name.
        service: name,
        /// `running`, `dead` …
        state: text,
        /// As systemd says it: `active`, `inactive`.
        active_state["active-state"]: text,
        /// Whether it is enabled.
        unit_state["unit-state"]: text,
        /// What it is.
        desc: text,
    }
}

answer! {
    /// `GET /nodes/{node}/time`.
    NodeTime {
        /// Seconds since 1970 UTC.
        time: int,
        /// Seconds since 1970, as the local clock shows them.
        localtime: int,
        /// Such as `Europe/Vienna`.
        timezone: text,
    }
}

answer! {
    /// `GET /nodes/{node}/dns`.
    NodeDns {
        /// The search domain.
        search: text,
        /// The first server.
        dns1: text,
        /// The second.
        dns2: text,
        /// The third.
        dns3: text,
    }
}

answer! {
    /// `GET /cluster/options`. The other ones: `api::cluster::GetOptions`.
    ClusterOptions {
        /// The language of its pages.
        language: text,
        /// The keyboard of consoles.
        keyboard: text,
        /// The beginning of MAC addresses that it makes up.
        mac_prefix: text,
        /// What guests' notes are about, for people.
        description: text,
        /// The proxy that nodes use.
        http_proxy: text,
        /// Who mail is from.
        email_from: text,
        /// How many tasks of one kind run at once.
        max_workers: int,
        /// The tags that whoever asks may set.
        allowed_tags["allowed-tags"]: (Vec<String>),
    }
}
