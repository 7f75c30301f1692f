//! `/cluster/sdn`. Generated from the schema of Proxmox VE 9.1; the test `generated` writes it.

operations! {
    Get: GET "/cluster/sdn" () {}
    Put: PUT "/cluster/sdn" () { lock_token["lock-token"]: text, release_lock["release-lock"]: bool }
    GetControllers: GET "/cluster/sdn/controllers" () {
        pending: bool, running: bool, kind["type"]: one_of("bgp" "evpn" "faucet" "isis"),
    }
    PostControllers: POST "/cluster/sdn/controllers" (; controller: text, kind["type"]: one_of("bgp" "evpn" "faucet" "isis")) {
        asn: int(0..=4294967295), bgp_multipath_as_path_relax["bgp-multipath-as-path-relax"]: bool, ebgp: bool,
        ebgp_multihop["ebgp-multihop"]: int, fabric: text, isis_domain["isis-domain"]: text,
        isis_ifaces["isis-ifaces"]: list, isis_net["isis-net"]: text, lock_token["lock-token"]: text, loopback: text,
        node: text, peers: list,
    }
    GetControllersController: GET "/cluster/sdn/controllers/{controller}" (controller) { pending: bool, running: bool }
    PutControllersController: PUT "/cluster/sdn/controllers/{controller}" (controller) {
        asn: int(0..=4294967295), bgp_multipath_as_path_relax["bgp-multipath-as-path-relax"]: bool, delete: list,
        digest: text, ebgp: bool, ebgp_multihop["ebgp-multihop"]: int, fabric: text, isis_domain["isis-domain"]: text,
        isis_ifaces["isis-ifaces"]: list, isis_net["isis-net"]: text, lock_token["lock-token"]: text, loopback: text,
        node: text, peers: list,
    }
    DeleteControllersController: DELETE "/cluster/sdn/controllers/{controller}" (controller) {
        lock_token["lock-token"]: text,
    }
    GetDns: GET "/cluster/sdn/dns" () { kind["type"]: one_of("powerdns") }
    PostDns: POST "/cluster/sdn/dns" (; dns: text, key: text, kind["type"]: one_of("powerdns"), url: text) {
        fingerprint: text, lock_token["lock-token"]: text, reversemaskv6: int, reversev6mask: int, ttl: int,
    }
    GetDnsDns: GET "/cluster/sdn/dns/{dns}" (dns) {}
    PutDnsDns: PUT "/cluster/sdn/dns/{dns}" (dns) {
        delete: list, digest: text, fingerprint: text, key: text, lock_token["lock-token"]: text, reversemaskv6: int,
        ttl: int, url: text,
    }
    DeleteDnsDns: DELETE "/cluster/sdn/dns/{dns}" (dns) { lock_token["lock-token"]: text }
    GetDryRun: GET "/cluster/sdn/dry-run" (; node: text) {}
    GetFabrics: GET "/cluster/sdn/fabrics" () {}
    GetFabricsAll: GET "/cluster/sdn/fabrics/all" () { pending: bool, running: bool }
    GetFabricsFabric: GET "/cluster/sdn/fabrics/fabric" () { pending: bool, running: bool }
    PostFabricsFabric: POST "/cluster/sdn/fabrics/fabric" (; id: text, protocol: one_of("openfabric" "ospf")) {
        area: text, csnp_interval: number, digest: text, hello_interval: number, ip6_prefix: text, ip_prefix: text,
        lock_token["lock-token"]: text,
    }
    GetFabricsFabricId: GET "/cluster/sdn/fabrics/fabric/{id}" (id) {}
    PutFabricsFabricId: PUT "/cluster/sdn/fabrics/fabric/{id}" (id; delete: array, protocol: one_of("openfabric" "ospf")) {
        area: text, csnp_interval: number, digest: text, hello_interval: number, ip6_prefix: text, ip_prefix: text,
        lock_token["lock-token"]: text,
    }
    DeleteFabricsFabricId: DELETE "/cluster/sdn/fabrics/fabric/{id}" (id) {}
    GetFabricsNode: GET "/cluster/sdn/fabrics/node" () { pending: bool, running: bool }
    GetFabricsNodeFabricId: GET "/cluster/sdn/fabrics/node/{fabric_id}" (fabric_id) { pending: bool, running: bool }
    PostFabricsNodeFabricId: POST "/cluster/sdn/fabrics/node/{fabric_id}" (fabric_id; interfaces: array, node_id: text, protocol: one_of("openfabric" "ospf")) {
        digest: text, ip: text, ip6: text, lock_token["lock-token"]: text,
    }
    GetFabricsNodeFabricIdNodeId: GET "/cluster/sdn/fabrics/node/{fabric_id}/{node_id}" (fabric_id node_id) {}
    PutFabricsNodeFabricIdNodeId: PUT "/cluster/sdn/fabrics/node/{fabric_id}/{node_id}" (fabric_id node_id; interfaces: array, protocol: one_of("openfabric" "ospf")) {
        delete: array, digest: text, ip: text, ip6: text, lock_token["lock-token"]: text,
    }
    DeleteFabricsNodeFabricIdNodeId: DELETE "/cluster/sdn/fabrics/node/{fabric_id}/{node_id}" (fabric_id node_id) {}
    GetIpams: GET "/cluster/sdn/ipams" () { kind["type"]: one_of("netbox" "phpipam" "pve") }
    PostIpams: POST "/cluster/sdn/ipams" (; ipam: text, kind["type"]: one_of("netbox" "phpipam" "pve")) {
        fingerprint: text, lock_token["lock-token"]: text, section: int, token: text, url: text,
    }
    GetIpamsIpam: GET "/cluster/sdn/ipams/{ipam}" (ipam) {}
    PutIpamsIpam: PUT "/cluster/sdn/ipams/{ipam}" (ipam) {
        delete: list, digest: text, fingerprint: text, lock_token["lock-token"]: text, section: int, token: text,
        url: text,
    }
    DeleteIpamsIpam: DELETE "/cluster/sdn/ipams/{ipam}" (ipam) { lock_token["lock-token"]: text }
    GetIpamsIpamStatus: GET "/cluster/sdn/ipams/{ipam}/status" (ipam) {}
    PostLock: POST "/cluster/sdn/lock" () { allow_pending["allow-pending"]: bool }
    DeleteLock: DELETE "/cluster/sdn/lock" () { force: bool, lock_token["lock-token"]: text }
    PostRollback: POST "/cluster/sdn/rollback" () {
        lock_token["lock-token"]: text, release_lock["release-lock"]: bool,
    }
    GetVnets: GET "/cluster/sdn/vnets" () { pending: bool, running: bool }
    PostVnets: POST "/cluster/sdn/vnets" (; vnet: text, zone: text) {
        alias: text, isolate_ports["isolate-ports"]: bool, lock_token["lock-token"]: text, tag: int(1..=16777215),
        kind["type"]: one_of("vnet"), vlanaware: bool,
    }
    GetVnetsVnet: GET "/cluster/sdn/vnets/{vnet}" (vnet) { pending: bool, running: bool }
    PutVnetsVnet: PUT "/cluster/sdn/vnets/{vnet}" (vnet) {
        alias: text, delete: list, digest: text, isolate_ports["isolate-ports"]: bool, lock_token["lock-token"]: text,
        tag: int(1..=16777215), vlanaware: bool, zone: text,
    }
    DeleteVnetsVnet: DELETE "/cluster/sdn/vnets/{vnet}" (vnet) { lock_token["lock-token"]: text }
    GetVnetsVnetFirewall: GET "/cluster/sdn/vnets/{vnet}/firewall" (vnet) {}
    GetVnetsVnetFirewallOptions: GET "/cluster/sdn/vnets/{vnet}/firewall/options" (vnet) {}
    PutVnetsVnetFirewallOptions: PUT "/cluster/sdn/vnets/{vnet}/firewall/options" (vnet) {
        delete: list, digest: text, enable: bool,
        log_level_forward: one_of("emerg" "alert" "crit" "err" "warning" "notice" "info" "debug" "nolog"),
        policy_forward: one_of("ACCEPT" "DROP"),
    }
    GetVnetsVnetFirewallRules: GET "/cluster/sdn/vnets/{vnet}/firewall/rules" (vnet) {}
    PostVnetsVnetFirewallRules: POST "/cluster/sdn/vnets/{vnet}/firewall/rules" (vnet; action: text, kind["type"]: one_of("in" "out" "forward" "group")) {
        comment: text, dest: text, digest: text, dport: text, enable: int(0..), icmp_type["icmp-type"]: text,
        iface: text, log: one_of("emerg" "alert" "crit" "err" "warning" "notice" "info" "debug" "nolog"),
        macro_name["macro"]: text, pos: int(0..), proto: text, source: text, sport: text,
    }
    GetVnetsVnetFirewallRulesPos: GET "/cluster/sdn/vnets/{vnet}/firewall/rules/{pos}" (vnet pos) {}
    PutVnetsVnetFirewallRulesPos: PUT "/cluster/sdn/vnets/{vnet}/firewall/rules/{pos}" (vnet pos) {
        action: text, comment: text, delete: list, dest: text, digest: text, dport: text, enable: int(0..),
        icmp_type["icmp-type"]: text, iface: text,
        log: one_of("emerg" "alert" "crit" "err" "warning" "notice" "info" "debug" "nolog"), macro_name["macro"]: text,
        moveto: int(0..), proto: text, source: text, sport: text, kind["type"]: one_of("in" "out" "forward" "group"),
    }
    DeleteVnetsVnetFirewallRulesPos: DELETE "/cluster/sdn/vnets/{vnet}/firewall/rules/{pos}" (vnet pos) {
        digest: text,
    }
    PostVnetsVnetIps: POST "/cluster/sdn/vnets/{vnet}/ips" (vnet; ip: text, zone: text) { mac: text }
    PutVnetsVnetIps: PUT "/cluster/sdn/vnets/{vnet}/ips" (vnet; ip: text, zone: text) {
        mac: text, vmid: int(100..=999999999),
    }
    DeleteVnetsVnetIps: DELETE "/cluster/sdn/vnets/{vnet}/ips" (vnet; ip: text, zone: text) { mac: text }
    GetVnetsVnetSubnets: GET "/cluster/sdn/vnets/{vnet}/subnets" (vnet) { pending: bool, running: bool }
    PostVnetsVnetSubnets: POST "/cluster/sdn/vnets/{vnet}/subnets" (vnet; subnet: text, kind["type"]: one_of("subnet")) {
        dhcp_dns_server["dhcp-dns-server"]: text, dhcp_range["dhcp-range"]: array, dnszoneprefix: text, gateway: text,
        lock_token["lock-token"]: text, snat: bool,
    }
    GetVnetsVnetSubnetsSubnet: GET "/cluster/sdn/vnets/{vnet}/subnets/{subnet}" (vnet subnet) {
        pending: bool, running: bool,
    }
    PutVnetsVnetSubnetsSubnet: PUT "/cluster/sdn/vnets/{vnet}/subnets/{subnet}" (vnet subnet) {
        delete: list, dhcp_dns_server["dhcp-dns-server"]: text, dhcp_range["dhcp-range"]: array, digest: text,
        dnszoneprefix: text, gateway: text, lock_token["lock-token"]: text, snat: bool,
    }
    DeleteVnetsVnetSubnetsSubnet: DELETE "/cluster/sdn/vnets/{vnet}/subnets/{subnet}" (vnet subnet) {
        lock_token["lock-token"]: text,
    }
    GetZones: GET "/cluster/sdn/zones" () {
        pending: bool, running: bool, kind["type"]: one_of("evpn" "faucet" "qinq" "simple" "vlan" "vxlan"),
    }
    PostZones: POST "/cluster/sdn/zones" (; kind["type"]: one_of("evpn" "faucet" "qinq" "simple" "vlan" "vxlan"), zone: text) {
        advertise_subnets["advertise-subnets"]: bool, bridge: text,
        bridge_disable_mac_learning["bridge-disable-mac-learning"]: bool, controller: text, dhcp: one_of("dnsmasq"),
        disable_arp_nd_suppression["disable-arp-nd-suppression"]: bool, dns: text, dnszone: text, dp_id["dp-id"]: int,
        exitnodes: list, exitnodes_local_routing["exitnodes-local-routing"]: bool,
        exitnodes_primary["exitnodes-primary"]: text, fabric: text, ipam: text, lock_token["lock-token"]: text,
        mac: text, mtu: int, nodes: list, peers: list, reversedns: text, rt_import["rt-import"]: list, tag: int(0..),
        vlan_protocol["vlan-protocol"]: one_of("802.1q" "802.1ad"), vrf_vxlan["vrf-vxlan"]: int(1..=16777215),
        vxlan_port["vxlan-port"]: int(1..=65536),
    }
    GetZonesZone: GET "/cluster/sdn/zones/{zone}" (zone) { pending: bool, running: bool }
    PutZonesZone: PUT "/cluster/sdn/zones/{zone}" (zone) {
        advertise_subnets["advertise-subnets"]: bool, bridge: text,
        bridge_disable_mac_learning["bridge-disable-mac-learning"]: bool, controller: text, delete: list,
        dhcp: one_of("dnsmasq"), digest: text, disable_arp_nd_suppression["disable-arp-nd-suppression"]: bool,
        dns: text, dnszone: text, dp_id["dp-id"]: int, exitnodes: list,
        exitnodes_local_routing["exitnodes-local-routing"]: bool, exitnodes_primary["exitnodes-primary"]: text,
        fabric: text, ipam: text, lock_token["lock-token"]: text, mac: text, mtu: int, nodes: list, peers: list,
        reversedns: text, rt_import["rt-import"]: list, tag: int(0..),
        vlan_protocol["vlan-protocol"]: one_of("802.1q" "802.1ad"), vrf_vxlan["vrf-vxlan"]: int(1..=16777215),
        vxlan_port["vxlan-port"]: int(1..=65536),
    }
    DeleteZonesZone: DELETE "/cluster/sdn/zones/{zone}" (zone) { lock_token["lock-token"]: text }
}
