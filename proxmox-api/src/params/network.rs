//! Parameters of networks: of a node, and the software-defined ones.

params! {
    /// An interface of a node. It is written to the file of new settings, and is there after they were applied.
    NetworkParams(
        /// Its name: `vmbr1`, `bond0`, `eno1.20`.
        iface: String,
        /// `bridge`, `bond`, `eth`, `vlan`, `OVSBridge` …
        kind["type"]: String,
    ) {
        /// Its IPv4 address with the prefix length.
        cidr: String,
        /// The IPv4 gateway.
        gateway: String,
        /// Its IPv6 address with the prefix length.
        cidr6: String,
        /// The IPv6 gateway.
        gateway6: String,
        /// It comes up with the node.
        autostart: bool,
        /// Its MTU.
        mtu: u64,
        /// What it is for.
        comments: String,
        /// Of a bridge: its ports, separated by spaces.
        bridge_ports: String,
        /// Of a bridge: it knows VLANs.
        bridge_vlan_aware: bool,
        /// Of a bridge that does: which, `2-4094`.
        bridge_vids: String,
        /// Of a bond: its interfaces, separated by spaces.
        slaves: String,
        /// Of a bond: `active-backup`, `802.3ad` …
        bond_mode: String,
        /// Of a VLAN: its number.
        vlan_id["vlan-id"]: u64,
        /// Of a VLAN: the interface it is on.
        vlan_raw_device["vlan-raw-device"]: String,
    }
}

params! {
    /// A zone of software-defined networks.
    SdnZoneParams(
        /// Its name, at most 8 characters.
        zone: String,
        /// `simple`, `vlan`, `qinq`, `vxlan`, `evpn`.
        kind["type"]: String,
    ) {
        /// The nodes that have it, separated by commas; default: all.
        nodes: String,
        /// Of `vlan`, `qinq`: the bridge.
        bridge: String,
        /// Of `qinq`: the outer VLAN.
        tag: u64,
        /// Of `vxlan`: the addresses of the nodes, separated by commas.
        peers: String,
        /// Of `evpn`: the controller.
        controller: String,
        /// Of `evpn`: the VXLAN of its routing.
        vrf_vxlan["vrf-vxlan"]: u64,
        /// Its MTU.
        mtu: u64,
        /// Who manages its addresses: `pve`.
        ipam: String,
        /// Its DHCP server: `dnsmasq`.
        dhcp: String,
    }
}

params! {
    /// A network in a zone: guests have it as their bridge.
    SdnVnetParams(
        /// Its name, at most 8 characters.
        vnet: String,
        /// The zone.
        zone: String,
    ) {
        /// Its VLAN or VXLAN.
        tag: u64,
        /// What it is for.
        alias: String,
        /// Guests may use VLANs in it.
        vlanaware: bool,
        /// Its guests do not reach each other.
        isolate_ports["isolate-ports"]: bool,
    }
}

params! {
    /// A subnet of a network.
    SdnSubnetParams(
        /// The network with its prefix length: `10.0.0.0/24`.
        subnet: String,
        /// `subnet`, the only type.
        kind["type"]: String,
    ) {
        /// Its gateway.
        gateway: String,
        /// Its addresses are translated on the way out.
        snat: bool,
        /// The prefix of its names.
        dnszoneprefix: String,
    }
}
