//! Records of NetBox as REST and the `data` of deliveries give them.
//!
//! Unknown fields are ignored, what may be missing or new is optional. Sizes are MB as NetBox stores them (what a MB is,
//! 1000² or 1024² bytes, is a setting of the NetBox and only changes how it is shown). Times are ISO 8601 text.

mod brief;
mod change;
mod dcim;
mod extras;
mod ipam;
mod status;
mod virtualization;

pub use brief::{AssignedObject, Brief, MacBrief, PrimaryIp, Tag, VlanBrief};
pub use change::{JournalEntry, ObjectChange};
pub use dcim::Device;
pub use extras::{CustomField, CustomFieldChoiceSet, EventRule, Webhook};
pub use ipam::{IpAddress, MacAddress, Prefix, Vlan};
pub use status::{ParseVersionError, Status, Version};
pub use virtualization::{Cluster, VirtualDisk, VirtualMachine, VmInterface};
