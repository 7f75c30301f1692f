//! Address space: whose it is, and how it is divided.

use super::{kind, read, write};
use crate::Vlan;
use crate::client::TagRef;

new! {
    /// A new [`Vlan`].
    NewVlan {
        /// Its number, 1 to 4094.
        vid: u64,
        /// Its name.
        name: String,
        ;
        /// Id of its site.
        site: u64,
        /// Id of its group.
        group: u64,
        /// Id of its tenant.
        tenant: u64,
        /// Status, its value.
        status: String,
        /// Id of its role.
        role: u64,
        /// Description.
        description: String,
        /// Tags.
        tags: Vec<TagRef>,
    } custom_fields
}

patch! {
    /// A change of a [`Vlan`].
    VlanPatch {
        /// Number.
        vid: u64,
        /// Name.
        name: String,
        /// Id of its site.
        site: u64,
        /// Id of its group.
        group: u64,
        /// Id of its tenant.
        tenant: u64,
        /// Status, its value.
        status: String,
        /// Id of its role.
        role: u64,
        /// Description.
        description: String,
        /// All tags.
        tags: Vec<TagRef>,
    } custom_fields
}

writable!(Vlan, NewVlan, VlanPatch);

kind! {
    /// A routing table.
    Vrf, NewVrf, VrfPatch, VrfFilter, vrfs at "ipam/vrfs/" {
        must {
            /// Its name.
            name: Text,
        }
        may {
            /// Its route distinguisher, unique.
            rd: Maybe,
            /// Its tenant.
            tenant: One,
            /// Whether no prefix or address may be in it twice.
            enforce_unique: Flag,
            /// The route targets that it imports.
            import_targets: Many,
            /// The route targets that it exports.
            export_targets: Many,
            /// One line about it.
            description: Text,
            /// Its tags.
            tags: Tags,
        }
        told {
            /// Number of its addresses.
            ipaddress_count: Number,
            /// Number of its prefixes.
            prefix_count: Number,
        }
        by { name: String, rd: String, tenant_id: u64, tag: String, }
        custom_fields
    }
}

kind! {
    /// A route target.
    RouteTarget, NewRouteTarget, RouteTargetPatch, RouteTargetFilter, route_targets at "ipam/route-targets/" {
        must {
            /// Its value, unique.
            name: Text,
        }
        may {
            /// Its tenant.
            tenant: One,
            /// One line about it.
            description: Text,
            /// Its tags.
            tags: Tags,
        }
        told {}
        by { name: String, tenant_id: u64, tag: String, }
        custom_fields
    }
}

kind! {
    /// Who gives out address space.
    Rir, NewRir, RirPatch, RirFilter, rirs at "ipam/rirs/" {
        must {
            /// Its name, unique.
            name: Text,
            /// Its slug, unique.
            slug: Text,
        }
        may {
            /// Whether its space is private.
            is_private: Flag,
            /// One line about it.
            description: Text,
            /// Its tags.
            tags: Tags,
        }
        told {
            /// Number of its aggregates.
            aggregate_count: Number,
        }
        by { name: String, slug: String, is_private: bool, tag: String, }
        custom_fields
    }
}

kind! {
    /// Address space as a registry gave it.
    Aggregate, NewAggregate, AggregatePatch, AggregateFilter, aggregates at "ipam/aggregates/" {
        must {
            /// The prefix.
            prefix: Text,
            /// Who gave it.
            rir: One,
        }
        may {
            /// Its tenant.
            tenant: One,
            /// The day on which it was given, `2026-11-22`.
            date_added: Maybe,
            /// One line about it.
            description: Text,
            /// Its tags.
            tags: Tags,
        }
        told {
            /// `4` or `6`.
            family: Choice,
        }
        by { prefix: String, family: u64, rir_id: u64, tenant_id: u64, tag: String, }
        custom_fields
    }
}

kind! {
    /// What prefixes and VLANs are for.
    Role, NewRole, RolePatch, RoleFilter, roles at "ipam/roles/" {
        must {
            /// Its name, unique.
            name: Text,
            /// Its slug, unique.
            slug: Text,
        }
        may {
            /// Its place among the others.
            weight: Number,
            /// One line about it.
            description: Text,
            /// Its tags.
            tags: Tags,
        }
        told {
            /// Number of its prefixes.
            prefix_count: Number,
            /// Number of its VLANs.
            vlan_count: Number,
        }
        by { name: String, slug: String, tag: String, }
        custom_fields
    }
}

kind! {
    /// A range of addresses.
    IpRange, NewIpRange, IpRangePatch, IpRangeFilter, ip_ranges at "ipam/ip-ranges/" {
        must {
            /// Its first address, with the mask.
            start_address: Text,
            /// Its last address, with the mask.
            end_address: Text,
        }
        may {
            /// Its VRF.
            vrf: One,
            /// Its tenant.
            tenant: One,
            /// `active`, `reserved` or `deprecated`.
            status: Choice,
            /// Its role.
            role: One,
            /// Whether no address in it is available, since NetBox 4.3.
            mark_populated: Flag,
            /// Whether it counts as full.
            mark_utilized: Flag,
            /// One line about it.
            description: Text,
            /// Its tags.
            tags: Tags,
        }
        told {
            /// `4` or `6`.
            family: Choice,
            /// Number of addresses.
            size: Number,
        }
        by { family: u64, start_address: String, end_address: String, vrf_id: u64, role_id: u64, status: String, tenant_id: u64, parent: String, tag: String, }
        custom_fields
    }
}

kind! {
    /// A group of VLANs.
    VlanGroup, NewVlanGroup, VlanGroupPatch, VlanGroupFilter, vlan_groups at "ipam/vlan-groups/" {
        must {
            /// Its name, unique within its scope.
            name: Text,
            /// Its slug, unique within its scope.
            slug: Text,
        }
        may {
            /// Kind of what it is for, for example `virtualization.cluster`.
            scope_type: Maybe,
            /// Id of what it is for.
            scope_id: Number,
            /// The numbers that its VLANs may have: pairs of first and last.
            vid_ranges: Json,
            /// One line about it.
            description: Text,
            /// Its tags.
            tags: Tags,
        }
        told {
            /// Number of its VLANs.
            vlan_count: Number,
        }
        by { name: String, slug: String, scope_type: String, scope_id: u64, tag: String, }
        custom_fields
    }
}

kind! {
    /// The number of an autonomous system.
    Asn, NewAsn, AsnPatch, AsnFilter, asns at "ipam/asns/" {
        must {
            /// The number.
            asn: Number,
            /// Who gave it.
            rir: One,
        }
        may {
            /// Its tenant.
            tenant: One,
            /// One line about it.
            description: Text,
            /// Its tags.
            tags: Tags,
        }
        told {
            /// Number of its sites.
            site_count: Number,
        }
        by { asn: u64, rir_id: u64, tenant_id: u64, site_id: u64, tag: String, }
        custom_fields
    }
}

kind! {
    /// What listens on a device or virtual machine, by port. Its parent is as NetBox 4.3 and later have it.
    Service, NewService, ServicePatch, ServiceFilter, services at "ipam/services/" {
        must {
            /// Kind of its parent, for example `virtualization.virtualmachine`.
            parent_object_type: Text,
            /// Id of its parent.
            parent_object_id: Number,
            /// Its name.
            name: Text,
            /// `tcp`, `udp` or `sctp`.
            protocol: Choice,
            /// Its ports.
            ports: Numbers,
        }
        may {
            /// The only addresses on which it listens.
            ipaddresses: Many,
            /// One line about it.
            description: Text,
            /// Its tags.
            tags: Tags,
        }
        told {}
        by { name: String, protocol: String, port: u64, virtual_machine_id: u64, device_id: u64, tag: String, }
        custom_fields
    }
}

kind! {
    /// Routers that share an address. Its key is not read.
    FhrpGroup, NewFhrpGroup, FhrpGroupPatch, FhrpGroupFilter, fhrp_groups at "ipam/fhrp-groups/" {
        must {
            /// `vrrp2`, `vrrp3`, `carp`, `clusterxl`, `hsrp`, `glbp` or `other`.
            protocol: Choice,
            /// Its number.
            group_id: Number,
        }
        may {
            /// Its name.
            name: Text,
            /// One line about it.
            description: Text,
            /// Its tags.
            tags: Tags,
        }
        told {
            /// Its addresses.
            ip_addresses: Many,
        }
        by { name: String, protocol: String, group_id: u64, tag: String, }
        custom_fields
    }
}
