//! What devices are, and what they have.

use super::{kind, read, write};

kind! {
    /// A manufacturer.
    Manufacturer, NewManufacturer, ManufacturerPatch, ManufacturerFilter, manufacturers at "dcim/manufacturers/" {
        must {
            /// Its name, unique.
            name: Text,
            /// Its slug, unique.
            slug: Text,
        }
        may {
            /// One line about it.
            description: Text,
            /// Its tags.
            tags: Tags,
        }
        told {
            /// Number of its types of devices.
            devicetype_count: Number,
        }
        by { name: String, slug: String, tag: String, }
        custom_fields
    }
}

kind! {
    /// A type of devices: a model of a manufacturer.
    DeviceType, NewDeviceType, DeviceTypePatch, DeviceTypeFilter, device_types at "dcim/device-types/" {
        must {
            /// Its manufacturer.
            manufacturer: One,
            /// Its name, unique within the manufacturer.
            model: Text,
            /// Its slug, unique within the manufacturer.
            slug: Text,
        }
        may {
            /// Platform of new devices that say none.
            default_platform: One,
            /// The manufacturer's number.
            part_number: Text,
            /// Height in units.
            u_height: Decimal,
            /// Whether it takes both sides of a rack.
            is_full_depth: Flag,
            /// One line about it.
            description: Text,
            /// Markdown about it.
            comments: Text,
            /// Its tags.
            tags: Tags,
        }
        told {
            /// Number of its devices.
            device_count: Number,
        }
        by { model: String, slug: String, manufacturer_id: u64, part_number: String, tag: String, }
        custom_fields
    }
}

kind! {
    /// What devices and virtual machines are for.
    DeviceRole, NewDeviceRole, DeviceRolePatch, DeviceRoleFilter, device_roles at "dcim/device-roles/" {
        must {
            /// Its name, unique.
            name: Text,
            /// Its slug, unique.
            slug: Text,
        }
        may {
            /// Its colour, six hexadecimal digits.
            color: Text,
            /// Whether virtual machines may have it.
            vm_role: Flag,
            /// One line about it.
            description: Text,
            /// Its tags.
            tags: Tags,
        }
        told {
            /// Number of its devices.
            device_count: Number,
            /// Number of its virtual machines.
            virtualmachine_count: Number,
        }
        by { name: String, slug: String, vm_role: bool, tag: String, }
        custom_fields
    }
}

kind! {
    /// What runs on devices and virtual machines.
    Platform, NewPlatform, PlatformPatch, PlatformFilter, platforms at "dcim/platforms/" {
        must {
            /// Its name; since NetBox 4.4 unique only within its parent.
            name: Text,
            /// Its slug.
            slug: Text,
        }
        may {
            /// The only manufacturer whose devices may have it.
            manufacturer: One,
            /// One line about it.
            description: Text,
            /// Its tags.
            tags: Tags,
        }
        told {
            /// Number of its devices.
            device_count: Number,
            /// Number of its virtual machines.
            virtualmachine_count: Number,
        }
        by { name: String, slug: String, manufacturer_id: u64, tag: String, }
        custom_fields
    }
}

kind! {
    /// A network interface of a device.
    DeviceInterface, NewDeviceInterface, DeviceInterfacePatch, DeviceInterfaceFilter, device_interfaces at "dcim/interfaces/" {
        must {
            /// Its device.
            device: One,
            /// Its name, unique within the device.
            name: Text,
            /// Its type: `virtual`, `bridge`, `lag`, `1000base-t` …
            interface_type as "type": Choice,
        }
        may {
            /// What is written on it.
            label: Text,
            /// Whether it is enabled.
            enabled: Flag,
            /// The interface that it is a child of.
            parent: One,
            /// The interface that it is bridged to.
            bridge: One,
            /// The aggregate that it is part of.
            lag: One,
            /// Its MTU.
            mtu: Number,
            /// Its primary MAC address.
            primary_mac_address: Mac,
            /// Its speed in kbit/s.
            speed: Number,
            /// Whether it is for management only.
            mgmt_only: Flag,
            /// Mode of its VLANs: `access`, `tagged`, `tagged-all`, `q-in-q`.
            mode: Choice,
            /// Its untagged VLAN.
            untagged_vlan: Vlan,
            /// Its tagged VLANs.
            tagged_vlans: Vlans,
            /// Its VRF.
            vrf: One,
            /// One line about it.
            description: Text,
            /// Its tags.
            tags: Tags,
        }
        told {
            /// Its primary MAC address as text.
            mac_address: Maybe,
            /// All its MAC addresses.
            mac_addresses: Macs,
            /// Number of addresses assigned to it.
            count_ipaddresses: Number,
        }
        by {
            name: String, device_id: u64, interface_type as "type": String, mac_address: String, enabled: bool, mgmt_only: bool,
            vrf_id: u64, tag: String,
        }
        custom_fields
    }
}

kind! {
    /// Several devices that are one.
    VirtualChassis, NewVirtualChassis, VirtualChassisPatch, VirtualChassisFilter, virtual_chassis at "dcim/virtual-chassis/" {
        must {
            /// Its name.
            name: Text,
        }
        may {
            /// Its domain.
            domain: Text,
            /// The device that leads it.
            master: One,
            /// One line about it.
            description: Text,
            /// Its tags.
            tags: Tags,
        }
        told {
            /// Number of its devices.
            member_count: Number,
        }
        by { name: String, master_id: u64, tag: String, }
        custom_fields
    }
}

kind! {
    /// A part of a device.
    InventoryItem, NewInventoryItem, InventoryItemPatch, InventoryItemFilter, inventory_items at "dcim/inventory-items/" {
        must {
            /// Its device.
            device: One,
            /// Its name, unique within its parent.
            name: Text,
        }
        may {
            /// The part that it is in.
            parent: One,
            /// Its role.
            role: One,
            /// Its manufacturer.
            manufacturer: One,
            /// The manufacturer's number.
            part_id: Text,
            /// Its serial number.
            serial: Text,
            /// Its inventory number, unique.
            asset_tag: Maybe,
            /// Whether a program found it.
            discovered: Flag,
            /// One line about it.
            description: Text,
            /// Its tags.
            tags: Tags,
        }
        told {}
        by { name: String, device_id: u64, parent_id: u64, manufacturer_id: u64, role_id: u64, serial: String, discovered: bool, tag: String, }
        custom_fields
    }
}
