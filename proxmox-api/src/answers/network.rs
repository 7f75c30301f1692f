//! Networks: of a node, and the software-defined ones.

answer! {
    /// An interface of a node.
    Network {
        /// Its name; missing where one was asked for by it.
        iface: text,
        /// `bridge`, `bond`, `eth`, `vlan` …
        kind["type"]: text,
        /// Whether it is up.
        active: flag,
        /// Whether it comes up with the node.
        autostart: flag,
        /// How it gets its IPv4 address: `static`, `manual`, `dhcp`.
        method: text,
        /// Its IPv4 address with the prefix length.
        cidr: text,
        /// The IPv4 gateway.
        gateway: text,
        /// Its IPv6 address with the prefix length.
        cidr6: text,
        /// The IPv6 gateway.
        gateway6: text,
        /// Its MTU.
        mtu: int,
        /// Of a bridge: its ports.
        bridge_ports: text,
        /// Of a bridge: it knows VLANs.
        bridge_vlan_aware: flag,
        /// Of a bond: its interfaces.
        slaves: text,
        /// What it is for.
        comments: text,
    }
}

answer! {
    /// A zone of software-defined networks.
    SdnZone {
        /// Its name.
        zone: name,
        /// `simple`, `vlan`, `qinq`, `vxlan`, `evpn`.
        kind["type"]: text,
        /// The nodes that have it; all if none are said.
        nodes: text,
        /// The bridge.
        bridge: text,
        /// Its MTU.
        mtu: int,
        /// Who manages its addresses.
        ipam: text,
        /// `new`, `changed` or `deleted`: not applied yet.
        state: text,
    }
}

answer! {
    /// A network in a zone.
    SdnVnet {
        /// Its name.
        vnet: name,
        /// The zone.
        zone: text,
        /// Its VLAN or VXLAN.
        tag: int,
        /// What it is for.
        alias: text,
        /// Guests may use VLANs in it.
        vlanaware: flag,
        /// `new`, `changed` or `deleted`: not applied yet.
        state: text,
    }
}

answer! {
    /// A subnet of a network.
    SdnSubnet {
        /// Its name: `zone-10.0.0.0-24`.
        subnet: name,
        /// The network with its prefix length.
        cidr: text,
        /// Its gateway.
        gateway: text,
        /// Its addresses are translated on the way out.
        snat: flag,
        /// `new`, `changed` or `deleted`: not applied yet.
        state: text,
    }
}
