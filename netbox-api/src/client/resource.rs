//! What each kind of record is called in the API, and how it is filtered and written.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::filter::*;
use super::{new::*, patch::*};
use crate::{
    Cluster, CustomField, CustomFieldChoiceSet, Device, EventRule, IpAddress, JournalEntry, MacAddress, ObjectChange,
    Prefix, Tag, VirtualDisk, VirtualMachine, Vlan, VmInterface, Webhook,
};

/// A kind of record that can be read. Not to be implemented elsewhere.
pub trait Resource: DeserializeOwned + Send + Sync + 'static + sealed::Sealed {
    /// Its path below `/api/`, with a slash at its end.
    const PATH: &'static str;
    /// The fields that lists leave out.
    const OMITTED_IN_LISTS: &'static [&'static str] = &[];
    /// What lists are filtered by.
    type Filter: Filter;
    /// Its id.
    fn id(&self) -> u64;
}

/// A kind of record that can be written, too.
pub trait Writable: Resource {
    /// A new one.
    type New: Serialize + Send + Sync;
    /// A change of one.
    type Patch: Serialize + Send + Sync;
}

pub(super) mod sealed {
    /// Keeps `Resource` ours, so that it can grow.
    pub trait Sealed {}
}

macro_rules! resource {
    ($record:ty, $path:literal, $filter:ty $(, omit $omit:literal)?) => {
        impl crate::client::resource::sealed::Sealed for $record {}
        impl crate::client::Resource for $record {
            const PATH: &'static str = $path;
            $(const OMITTED_IN_LISTS: &'static [&'static str] = &[$omit];)?
            type Filter = $filter;
            fn id(&self) -> u64 {
                self.id
            }
        }
    };
}

macro_rules! writable {
    ($record:ty, $new:ty, $patch:ty) => {
        impl crate::client::Writable for $record {
            type New = $new;
            type Patch = $patch;
        }
    };
}

resource!(VirtualMachine, "virtualization/virtual-machines/", VirtualMachineFilter, omit "config_context");
resource!(VirtualDisk, "virtualization/virtual-disks/", VirtualDiskFilter);
resource!(VmInterface, "virtualization/interfaces/", VmInterfaceFilter);
resource!(Cluster, "virtualization/clusters/", ClusterFilter);
resource!(Device, "dcim/devices/", DeviceFilter, omit "config_context");
resource!(IpAddress, "ipam/ip-addresses/", IpAddressFilter);
resource!(MacAddress, "dcim/mac-addresses/", MacAddressFilter);
resource!(Vlan, "ipam/vlans/", VlanFilter);
resource!(Prefix, "ipam/prefixes/", PrefixFilter);
resource!(Tag, "extras/tags/", TagFilter);
resource!(JournalEntry, "extras/journal-entries/", JournalEntryFilter);
resource!(ObjectChange, "core/object-changes/", ObjectChangeFilter);
resource!(CustomField, "extras/custom-fields/", NameFilter);
resource!(CustomFieldChoiceSet, "extras/custom-field-choice-sets/", NameFilter);
resource!(Webhook, "extras/webhooks/", NameFilter);
resource!(EventRule, "extras/event-rules/", NameFilter);

writable!(VirtualMachine, NewVirtualMachine, VirtualMachinePatch);
writable!(VirtualDisk, NewVirtualDisk, VirtualDiskPatch);
writable!(VmInterface, NewVmInterface, VmInterfacePatch);
writable!(Cluster, NewCluster, ClusterPatch);
writable!(Device, NewDevice, DevicePatch);
writable!(IpAddress, NewIpAddress, IpAddressPatch);
writable!(MacAddress, NewMacAddress, MacAddressPatch);
writable!(Prefix, NewPrefix, PrefixPatch);
writable!(Tag, NewTag, TagPatch);
writable!(JournalEntry, NewJournalEntry, JournalEntryPatch);
writable!(CustomField, NewCustomField, CustomFieldPatch);
writable!(CustomFieldChoiceSet, NewCustomFieldChoiceSet, CustomFieldChoiceSetPatch);
writable!(Webhook, NewWebhook, WebhookPatch);
writable!(EventRule, NewEventRule, EventRulePatch);
