//! What lists are filtered by.
//!
//! Only filters that NetBox has: it ignores one it does not know and lists everything. For the same reason an empty
//! list here filters nothing, and a custom field whose `filter_logic` is `disabled` cannot be filtered by.
//!
//! Several values of one filter mean any of them, except for tags, where they mean all of them. A value that does not
//! exist (a cluster's id, a tag, a status) is refused with 400.

use std::fmt::Display;

/// The query of a list. Not to be implemented elsewhere.
pub trait Filter: Send + Sync {
    /// What it filters by, in NetBox's words; custom fields are told as `custom_fields`.
    const NAMES: &'static [&'static str];

    /// The pairs of the query.
    fn pairs(&self) -> Vec<(String, String)>;
}

pub(super) trait Parameter {
    fn add(&self, name: &str, pairs: &mut Vec<(String, String)>);
}

impl<T: Display> Parameter for Vec<T> {
    fn add(&self, name: &str, pairs: &mut Vec<(String, String)>) {
        pairs.extend(self.iter().map(|value| (name.to_owned(), value.to_string())));
    }
}

impl<T: Display> Parameter for Option<T> {
    fn add(&self, name: &str, pairs: &mut Vec<(String, String)>) {
        pairs.extend(self.iter().map(|value| (name.to_owned(), value.to_string())));
    }
}

/// A filter on custom fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CustomFieldFilter(Vec<(String, String)>);

impl CustomFieldFilter {
    /// On none.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The field has this value; a selection: its value, not its label.
    #[must_use]
    pub fn equals(mut self, name: &str, value: impl Into<String>) -> Self {
        self.0.push((format!("cf_{name}"), value.into()));
        self
    }

    /// The field is empty, or is not.
    #[must_use]
    pub fn empty(mut self, name: &str, empty: bool) -> Self {
        self.0.push((format!("cf_{name}__empty"), empty.to_string()));
        self
    }
}

impl Parameter for CustomFieldFilter {
    fn add(&self, _name: &str, pairs: &mut Vec<(String, String)>) {
        pairs.extend(self.0.iter().cloned());
    }
}

macro_rules! filter {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident $(as $wire:literal)?: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)*
        }

        impl crate::client::Filter for $name {
            const NAMES: &'static [&'static str] = &[$(filter!(@name $field $($wire)?),)*];

            fn pairs(&self) -> Vec<(String, String)> {
                let mut pairs = Vec::new();
                $(crate::client::filter::Parameter::add(&self.$field, filter!(@name $field $($wire)?), &mut pairs);)*
                pairs
            }
        }
    };
    (@name $field:ident) => { stringify!($field) };
    (@name $field:ident $wire:literal) => { $wire };
}

filter! {
    /// Which virtual machines.
    VirtualMachineFilter {
        /// Ids.
        id: Vec<u64>,
        /// Names, exactly.
        name: Vec<String>,
        /// Names, whatever their case.
        name_ie as "name__ie": Vec<String>,
        /// Ids of clusters.
        cluster_id: Vec<u64>,
        /// Names of clusters.
        cluster: Vec<String>,
        /// Ids of sites.
        site_id: Vec<u64>,
        /// Ids of hosts.
        device_id: Vec<u64>,
        /// Statuses.
        status: Vec<String>,
        /// Slugs of tags, all of which it has.
        tag: Vec<String>,
        /// Saved at this time or later, ISO 8601.
        last_updated_gte as "last_updated__gte": Option<String>,
        /// Changed by the request with this id.
        modified_by_request: Option<String>,
        /// Custom fields.
        custom_fields: CustomFieldFilter,
    }
}

filter! {
    /// Which disks.
    VirtualDiskFilter {
        /// Ids.
        id: Vec<u64>,
        /// Ids of virtual machines.
        virtual_machine_id: Vec<u64>,
        /// Names.
        name: Vec<String>,
        /// Slugs of tags, all of which it has.
        tag: Vec<String>,
        /// Changed by the request with this id.
        modified_by_request: Option<String>,
        /// Custom fields.
        custom_fields: CustomFieldFilter,
    }
}

filter! {
    /// Which interfaces of virtual machines.
    VmInterfaceFilter {
        /// Ids.
        id: Vec<u64>,
        /// Ids of virtual machines.
        virtual_machine_id: Vec<u64>,
        /// Names.
        name: Vec<String>,
        /// MAC addresses.
        mac_address: Vec<String>,
        /// Slugs of tags, all of which it has.
        tag: Vec<String>,
        /// Changed by the request with this id.
        modified_by_request: Option<String>,
        /// Custom fields.
        custom_fields: CustomFieldFilter,
    }
}

filter! {
    /// Which clusters.
    ClusterFilter {
        /// Ids.
        id: Vec<u64>,
        /// Names.
        name: Vec<String>,
        /// Ids of types.
        type_id: Vec<u64>,
        /// Slugs of tags, all of which it has.
        tag: Vec<String>,
        /// Custom fields.
        custom_fields: CustomFieldFilter,
    }
}

filter! {
    /// Which devices.
    DeviceFilter {
        /// Ids.
        id: Vec<u64>,
        /// Names, exactly.
        name: Vec<String>,
        /// Names, whatever their case.
        name_ie as "name__ie": Vec<String>,
        /// Ids of clusters.
        cluster_id: Vec<u64>,
    }
}

filter! {
    /// Which IP addresses.
    IpAddressFilter {
        /// Ids.
        id: Vec<u64>,
        /// Addresses, with their mask or without.
        address: Vec<String>,
        /// Ids of virtual machines to whose interfaces they are assigned.
        virtual_machine_id: Vec<u64>,
        /// Ids of interfaces of virtual machines to which they are assigned.
        vminterface_id: Vec<u64>,
        /// Prefixes in which they are.
        parent: Vec<String>,
        /// Statuses.
        status: Vec<String>,
        /// Slugs of tags, all of which it has.
        tag: Vec<String>,
        /// Changed by the request with this id.
        modified_by_request: Option<String>,
    }
}

filter! {
    /// Which VLANs.
    VlanFilter {
        /// Ids.
        id: Vec<u64>,
        /// Numbers.
        vid: Vec<u64>,
        /// Names.
        name: Vec<String>,
        /// Ids of groups.
        group_id: Vec<u64>,
    }
}

filter! {
    /// Which MAC addresses.
    MacAddressFilter {
        /// Ids.
        id: Vec<u64>,
        /// Addresses.
        mac_address: Vec<String>,
        /// Ids of virtual machines to whose interfaces they are assigned.
        virtual_machine_id: Vec<u64>,
        /// Ids of interfaces of virtual machines to which they are assigned.
        vminterface_id: Vec<u64>,
        /// Slugs of tags, all of which it has.
        tag: Vec<String>,
    }
}

filter! {
    /// Which prefixes.
    PrefixFilter {
        /// Ids.
        id: Vec<u64>,
        /// Prefixes, exactly.
        prefix: Vec<String>,
        /// An address or prefix that they contain.
        contains: Option<String>,
        /// Ids of VRFs.
        vrf_id: Vec<u64>,
        /// Statuses.
        status: Vec<String>,
        /// Slugs of tags, all of which it has.
        tag: Vec<String>,
    }
}

filter! {
    /// Which tags.
    TagFilter {
        /// Ids.
        id: Vec<u64>,
        /// Names.
        name: Vec<String>,
        /// Slugs.
        slug: Vec<String>,
    }
}

filter! {
    /// Which journal entries.
    JournalEntryFilter {
        /// Ids.
        id: Vec<u64>,
        /// Kind of the object, for example `virtualization.virtualmachine`.
        assigned_object_type: Option<String>,
        /// Ids of objects.
        assigned_object_id: Vec<u64>,
        /// `info`, `success`, `warning`, `danger`.
        kind: Vec<String>,
        /// Written at this time or later, ISO 8601.
        created_after: Option<String>,
    }
}

filter! {
    /// Which entries of the change log.
    ObjectChangeFilter {
        /// Ids.
        id: Vec<u64>,
        /// Ids from this on.
        id_gte as "id__gte": Option<u64>,
        /// Ids up to this.
        id_lte as "id__lte": Option<u64>,
        /// `create`, `update`, `delete`.
        action: Vec<String>,
        /// Kinds of objects, for example `virtualization.virtualmachine`. Before NetBox 4.7 only the last one counts: see
        /// [`Version::filters_several_types`](crate::Version::filters_several_types).
        changed_object_type: Vec<String>,
        /// Ids of objects.
        changed_object_id: Vec<u64>,
        /// Id of the request.
        request_id: Option<String>,
        /// Made at this time or later, ISO 8601.
        time_after: Option<String>,
        /// Made at this time or earlier, ISO 8601.
        time_before: Option<String>,
    }
}

filter! {
    /// Which objects that have little but a name.
    NameFilter {
        /// Ids.
        id: Vec<u64>,
        /// Names.
        name: Vec<String>,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_become_the_names_netbox_has() {
        let filter = VirtualMachineFilter {
            cluster_id: vec![1, 2],
            name_ie: vec!["Web01".into()],
            custom_fields: CustomFieldFilter::new().equals("proxmox_vmid", "101").empty("proxmox_node", false),
            ..Default::default()
        };
        let pairs = filter.pairs();
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(
            pairs,
            [
                ("name__ie", "Web01"),
                ("cluster_id", "1"),
                ("cluster_id", "2"),
                ("cf_proxmox_vmid", "101"),
                ("cf_proxmox_node__empty", "false")
            ]
        );
        assert!(TagFilter::default().pairs().is_empty());
    }
}
