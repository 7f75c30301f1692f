//! Firewalls.

answer! {
    /// A rule.
    FirewallRule {
        /// Where among the rules, from 0.
        pos: int,
        /// `in`, `out`, `forward` or `group`.
        kind["type"]: name,
        /// `ACCEPT`, `DROP`, `REJECT`, or the name of a security group.
        action: name,
        /// Whether it counts.
        enable: flag,
        /// The macro.
        macro_name["macro"]: text,
        /// The protocol.
        proto: text,
        /// From where.
        source: text,
        /// To where.
        dest: text,
        /// From which ports.
        sport: text,
        /// To which ports.
        dport: text,
        /// Only on this interface.
        iface: text,
        /// Of `icmp`: the type.
        icmp_type["icmp-type"]: text,
        /// The level at which it is logged.
        log: text,
        /// What it is for.
        comment: text,
        /// The digest of the rules.
        digest: text,
    }
}

answer! {
    /// The options of a firewall. Those that only a cluster, a node or a guest has are none elsewhere.
    FirewallOptions {
        /// Whether it is on.
        enable: flag,
        /// What happens to what comes in and no rule knows: `DROP`, `ACCEPT`, `REJECT`.
        policy_in: text,
        /// The same of what goes out.
        policy_out: text,
        /// The same of what is forwarded.
        policy_forward: text,
        /// Of a guest: it may use DHCP.
        dhcp: (u8),
        /// Of a guest: only its own MAC address.
        macfilter: (u8),
        /// Of a guest: only addresses of the set `ipfilter-netN`.
        ipfilter: (u8),
        /// The level at which what comes in is logged.
        log_level_in: text,
        /// The level at which what goes out is logged.
        log_level_out: text,
        /// The digest.
        digest: text,
    }
}

answer! {
    /// A name for an address or a network.
    FirewallAlias {
        /// The name.
        name: name,
        /// The address or network.
        cidr: text,
        /// What it is for.
        comment: text,
        /// The digest.
        digest: text,
    }
}

answer! {
    /// A set of addresses.
    FirewallSet {
        /// Its name.
        name: name,
        /// What it is for.
        comment: text,
        /// The digest.
        digest: text,
    }
}

answer! {
    /// A member of a set.
    FirewallSetEntry {
        /// The address or network, or an alias.
        cidr: name,
        /// It is excepted from the set.
        nomatch: flag,
        /// What it is for.
        comment: text,
    }
}

answer! {
    /// A group of rules.
    FirewallGroup {
        /// Its name.
        group: name,
        /// What it is for.
        comment: text,
        /// The digest.
        digest: text,
    }
}

answer! {
    /// What rules may name: an alias or a set.
    FirewallRef {
        /// Its name.
        name: name,
        /// `alias` or `ipset`.
        kind["type"]: text,
        /// As rules write it.
        written["ref"]: text,
        /// `dc` (of the cluster), `guest`, `sdn`.
        scope: text,
        /// What it is for.
        comment: text,
    }
}

answer! {
    /// A macro of rules.
    FirewallMacro {
        /// Its name.
        macro_name["macro"]: name,
        /// What it opens.
        descr: text,
    }
}
