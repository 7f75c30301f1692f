//! Parameters of firewalls.

params! {
    /// A rule.
    FirewallRuleParams(
        /// `in`, `out`, `forward`, or `group` for a security group.
        kind["type"]: String,
        /// `ACCEPT`, `DROP` or `REJECT`, or the name of the security group.
        action: String,
    ) {
        /// Whether it counts: 1 or 0.
        enable: u8,
        /// Where among the rules; default 0, the first.
        pos: u64,
        /// A macro, such as `SSH`, for protocol and ports.
        macro_name["macro"]: String,
        /// The protocol: `tcp`, `udp`, `icmp` …
        proto: String,
        /// From where: addresses, networks, `+set`, `alias`.
        source: String,
        /// To where.
        dest: String,
        /// From which ports: `80`, `80:90`, several separated by commas.
        sport: String,
        /// To which ports.
        dport: String,
        /// Only on this interface: of a guest `net0`.
        iface: String,
        /// Of `icmp`: the type.
        icmp_type["icmp-type"]: String,
        /// Log it at this level: `nolog`, `info` …
        log: String,
        /// What it is for.
        comment: String,
        /// Refuse if the rules have changed since this digest.
        digest: String,
    }
}

params! {
    /// A name for an address or a network.
    FirewallAliasParams(
        /// The name.
        name: String,
        /// The address or network.
        cidr: String,
    ) {
        /// What it is for.
        comment: String,
    }
}

params! {
    /// A set of addresses.
    FirewallSetParams(
        /// Its name.
        name: String,
    ) {
        /// What it is for.
        comment: String,
    }
}

params! {
    /// A member of a set.
    FirewallSetEntryParams(
        /// An address or network, or an alias.
        cidr: String,
    ) {
        /// It is excepted from the set.
        nomatch: bool,
        /// What it is for.
        comment: String,
    }
}

params! {
    /// A group of rules.
    FirewallGroupParams(
        /// Its name.
        group: String,
    ) {
        /// What it is for.
        comment: String,
    }
}
