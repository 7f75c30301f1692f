//! From a record in NetBox to the [`Guest`] that it describes. What belongs to it has a file each: `keys`, `disks`,
//! `interfaces`.

mod disks;
mod interfaces;
mod keys;

use std::collections::BTreeMap;

use ipnet::IpNet;
use netbox_api::{CustomFields, IpAddress, PrimaryIp, VirtualDisk, VirtualMachine, VmInterface};
use proxmox_api::{GuestType, MiB, NodeName, StorageId, Vmid};
use serde::{Deserialize, Serialize};

use crate::address::{GatewayRule, NoGateway};
use crate::delivery::birth;
use crate::guest::{Blocks, Cluster, Guest, Problem, RecordId, Status, Template};
use crate::option::{GuestOption, GuestOptions};
use crate::part::Part;
use crate::units::Megabytes;

/// The names of the custom fields in NetBox. The defaults are the predecessor's, so an existing NetBox works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FieldNames {
    /// Node to run on (select).
    pub node: String,
    /// Kind of guest, `vm` or `lxc` (select).
    pub vm_type: String,
    /// VMID (text; an integer is accepted too).
    pub vmid: String,
    /// Storage of the root disk (select).
    pub storage: String,
    /// SSH keys, one a line (long text).
    pub ssh_keys: String,
    /// Template of a VM: its VMID (select).
    pub vm_template: String,
    /// Template of a container: a volume id, or the VMID of a container template (select).
    pub lxc_template: String,
    /// Storage of a virtual disk (select, on virtual disks).
    pub disk_storage: String,
    /// Where a container mounts a virtual disk (text, on virtual disks; may be missing).
    pub mount_path: String,
    /// Bridge of an interface (text or select, on virtual machine interfaces; may be missing).
    pub bridge: String,
    /// Where the gateway is: its address, `first`, `last` or `none` (text or select; may be missing).
    pub gateway: String,
    /// Resource pool (text or select; may be missing, as may all below).
    pub pool: String,
    /// DNS servers (text).
    pub nameserver: String,
    /// DNS search domain (text).
    pub searchdomain: String,
    /// The user that cloud-init makes (text).
    pub ci_user: String,
    /// Start order (text).
    pub startup: String,
    /// Protection against removal (boolean).
    pub protection: String,
    /// How the record stands: only we write it (select), and the two below.
    pub state: String,
    /// Since when (date and time).
    pub state_since: String,
    /// A few words on it (text).
    pub state_text: String,
}

impl Default for FieldNames {
    fn default() -> Self {
        Self {
            node: "proxmox_node".into(),
            vm_type: "proxmox_vm_type".into(),
            vmid: "proxmox_vmid".into(),
            storage: "proxmox_vm_storage".into(),
            ssh_keys: "proxmox_public_ssh_key".into(),
            vm_template: "proxmox_vm_templates".into(),
            lxc_template: "proxmox_lxc_templates".into(),
            disk_storage: "proxmox_disk_storage_volume".into(),
            mount_path: "proxmox_mount_path".into(),
            bridge: "proxmox_bridge".into(),
            gateway: "proxmox_gateway".into(),
            pool: "proxmox_pool".into(),
            nameserver: "proxmox_nameserver".into(),
            searchdomain: "proxmox_searchdomain".into(),
            ci_user: "proxmox_ci_user".into(),
            startup: "proxmox_startup".into(),
            protection: "proxmox_protection".into(),
            state: "proxmox_state".into(),
            state_since: "proxmox_state_since".into(),
            state_text: "proxmox_state_text".into(),
        }
    }
}

/// What belongs to a record and is no part of it: what somebody looked up.
#[derive(Debug, Clone, Copy, Default)]
pub struct Related<'a> {
    /// Its virtual disks.
    pub disks: Option<&'a [VirtualDisk]>,
    /// Its interfaces.
    pub interfaces: Option<&'a [VmInterface]>,
    /// The addresses of its interfaces.
    pub addresses: &'a [IpAddress],
    /// The bridges of VLANs, by the VLAN's id.
    pub bridges: Option<&'a BTreeMap<u64, String>>,
}

impl FieldNames {
    /// Whether all have their default names.
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// The kind of guest a record is; `None` when the field is empty or has a value that is not known.
    pub fn kind(&self, fields: &CustomFields) -> Option<GuestType> {
        guest_type(fields.get(&self.vm_type).one().ok().flatten().as_deref())
    }

    /// The name of the field for an option.
    pub fn of_option(&self, option: GuestOption) -> &str {
        match option {
            GuestOption::Pool => &self.pool,
            GuestOption::Nameserver => &self.nameserver,
            GuestOption::Searchdomain => &self.searchdomain,
            GuestOption::Ciuser => &self.ci_user,
            GuestOption::Startup => &self.startup,
            GuestOption::Protection => &self.protection,
        }
    }

    /// The options that a record says and that can be read; `custom` gives the value of a field.
    pub(crate) fn options(&self, custom: impl Fn(&str) -> Option<String>) -> GuestOptions {
        let read = |option: GuestOption| Some((option, option.read(&custom(self.of_option(option))?).ok()?));
        GuestOption::ALL.into_iter().filter_map(read).collect()
    }

    /// The VMID that a record says, if it is one.
    pub fn vmid_of(&self, record: &VirtualMachine) -> Option<Vmid> {
        record.custom_fields.get(&self.vmid).one().ok()??.trim().parse().ok()
    }

    /// The guest that a record describes.
    pub fn guest(&self, record: &VirtualMachine, related: &Related<'_>) -> Guest {
        let primary = [&record.primary_ip4, &record.primary_ip6].into_iter().flatten().map(|ip| ip.id).collect();
        let mut reader = Reader { fields: self, primary, problems: Vec::new() };
        let custom = &record.custom_fields;
        let kind = self.kind(custom);
        let mut guest = Guest {
            birth: birth(record.created.as_deref()),
            cluster: record.cluster.as_ref().map(|it| Cluster { id: it.id, name: it.name.clone() }),
            kind,
            vmid: reader.vmid(custom),
            node: reader.node(custom),
            storage: reader.storage(custom),
            template: reader.template(custom, kind),
            vcpus: reader.vcpus(record),
            memory: reader.memory(record),
            ssh_keys: reader.ssh_keys(custom),
            ipv4: reader.address("primary_ip4", record.primary_ip4.as_ref()),
            ipv6: reader.address("primary_ip6", record.primary_ip6.as_ref()),
            gateway: reader.gateway(custom),
            options: reader.options(custom, kind),
            root_size: root_size(record),
            disks: related.disks.map_or(Part::Unknown, |disks| Part::Given(reader.disks(disks, kind))),
            interfaces: related.interfaces.map_or(Part::Unknown, |all| Part::Given(reader.interfaces(all, related))),
            tags: Part::Given(tags_of(&record.tags)),
            description: Part::known(Some(record.description.trim().to_owned()).filter(|text| !text.is_empty())),
            onboot: Part::maybe(record.start_on_boot.as_ref().and_then(|choice| onboot(&choice.value))),
            ..Guest::new(RecordId(record.id), &record.name, Status::from(record.status.value.as_str()))
        };
        if guest.proxmox_name().is_none() {
            reader.problem(
                "name",
                &record.name,
                "Proxmox wants a DNS name: letters, digits, hyphens and dots. \
                Rename the virtual machine in NetBox",
                Blocks::Creation,
            );
        }
        guest.problems = reader.problems;
        guest
    }
}

/// The tags of a record as Proxmox takes them: by their names or, where a name has letters that Proxmox has not, by their
/// slugs.
pub(crate) fn tags_of(all: &[netbox_api::Tag]) -> Vec<String> {
    let fits = |tag: &netbox_api::Tag| tag.slug.is_empty() || tag.name.is_ascii();
    tags(all.iter().map(|tag| if fits(tag) { tag.name.as_str() } else { tag.slug.as_str() }))
}

/// Tags as Proxmox takes them: lower case, nothing but letters, digits and `_-+.`, and none of the last three first.
pub(crate) fn tags<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_-+.".contains(c);
    let tag = |name: &str| -> String {
        let text: String = name.trim().chars().map(|c| if allowed(c) { c.to_ascii_lowercase() } else { '-' }).collect();
        text.trim_start_matches(['-', '+', '.']).to_owned()
    };
    let mut tags: Vec<String> = names.map(tag).filter(|tag| !tag.is_empty()).collect();
    tags.sort();
    tags.dedup();
    tags
}

/// Whether a guest starts with its node; `laststate`, which Proxmox has not, says nothing.
pub(crate) fn onboot(value: &str) -> Option<bool> {
    match value {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    }
}

/// The kind of guest that a value of the type field means.
pub(crate) fn guest_type(value: Option<&str>) -> Option<GuestType> {
    match value?.trim().to_ascii_lowercase().as_str() {
        "vm" | "qemu" => Some(GuestType::Qemu),
        "lxc" => Some(GuestType::Lxc),
        _ => None,
    }
}

/// `disk` of a record counts only while it has no virtual disks: with them it is their sum.
fn root_size(record: &VirtualMachine) -> Part<Megabytes> {
    match record.virtual_disk_count {
        None | Some(0) => Part::maybe(record.disk.map(Megabytes)),
        Some(_) => Part::Unknown,
    }
}

/// Reads the parts of a record and collects what cannot be used.
struct Reader<'a> {
    fields: &'a FieldNames,
    /// The ids of the record's primary addresses.
    primary: Vec<u64>,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn problem(&mut self, field: &str, found: &str, why: &str, blocks: Blocks) {
        let why = why.to_owned();
        self.problems.push(Problem { field: field.to_owned(), found: found.to_owned(), why, blocks });
    }

    /// A custom field that is read by `parse`; empty text counts as not set.
    fn custom<T>(
        &mut self,
        fields: &CustomFields,
        name: &str,
        blocks: Blocks,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Part<T> {
        let text = match fields.get(name).one() {
            Ok(Some(text)) => text,
            Ok(None) => return Part::None,
            Err(what) => {
                let why = "one value is wanted. Correct it, or the type of the field in NetBox";
                self.problem(name, &what.to_string(), why, blocks);
                return Part::Unknown;
            }
        };
        let text = text.trim();
        match parse(text) {
            Ok(value) => Part::Given(value),
            Err(why) => {
                self.problem(name, text, &why, blocks);
                Part::Unknown
            }
        }
    }

    fn vmid(&mut self, custom: &CustomFields) -> Part<Vmid> {
        let name = self.fields.vmid.clone();
        self.custom(custom, &name, Blocks::Everything, |text| {
            text.parse().map_err(|_| {
                "a VMID is a whole number from 100 to 999999999. Correct it, or clear it to have one allocated".into()
            })
        })
    }

    fn node(&mut self, custom: &CustomFields) -> Part<NodeName> {
        let name = self.fields.node.clone();
        self.custom(custom, &name, Blocks::Creation, |text| {
            text.parse()
                .map_err(|_| "this is not the name of a node. Correct it, or clear it to have the template's".into())
        })
    }

    fn storage(&mut self, custom: &CustomFields) -> Part<StorageId> {
        let name = self.fields.storage.clone();
        self.custom(custom, &name, Blocks::Creation, storage_id)
    }

    fn template(&mut self, custom: &CustomFields, kind: Option<GuestType>) -> Part<Template> {
        let (name, volumes) = match kind {
            Some(GuestType::Lxc) => (self.fields.lxc_template.clone(), true),
            _ => (self.fields.vm_template.clone(), false),
        };
        self.custom(custom, &name, Blocks::Creation, |text| match Template::from(text) {
            Template::Volume(_) if !volumes => {
                Err("a virtual machine is cloned from a template: its VMID, or its name. \
                                                    Choose another, or correct the choice in NetBox"
                    .into())
            }
            template => Ok(template),
        })
    }

    fn vcpus(&mut self, record: &VirtualMachine) -> Part<u32> {
        let Some(vcpus) = record.vcpus else { return Part::Unknown };
        match vcpus.whole() {
            Some(whole) if whole > 0 => Part::Given(whole),
            _ => {
                self.problem(
                    "vcpus",
                    &vcpus.to_string(),
                    "Proxmox has whole CPUs only: set a whole number",
                    Blocks::Part,
                );
                Part::Unknown
            }
        }
    }

    fn address(&mut self, field: &str, ip: Option<&PrimaryIp>) -> Part<IpNet> {
        let Some(ip) = ip else { return Part::None };
        match ip.address.parse() {
            Ok(address) if ip.address.contains('/') => Part::Given(address),
            _ => {
                self.problem(
                    field,
                    &ip.address,
                    "an address needs its prefix length, like 192.0.2.10/24",
                    Blocks::Part,
                );
                Part::Unknown
            }
        }
    }

    fn options(&mut self, custom: &CustomFields, kind: Option<GuestType>) -> GuestOptions {
        let mut options = GuestOptions::new();
        for option in GuestOption::ALL {
            let name = self.fields.of_option(option).to_owned();
            let blocks = if option == GuestOption::Pool { Blocks::Creation } else { Blocks::Part };
            let is_of = kind.is_none_or(|kind| option.is_of(kind));
            let read = |text: &str| match is_of {
                true => option.read(text),
                false => Err("a container has no cloud-init, which would make this user. Clear it".to_owned()),
            };
            if let Part::Given(value) = self.custom(custom, &name, blocks, read) {
                options.insert(option, value);
            }
        }
        options
    }

    /// One that cannot be used has no effect: then none is set, never another one than the person wrote.
    fn gateway(&mut self, custom: &CustomFields) -> Option<GatewayRule> {
        let name = self.fields.gateway.clone();
        let rule =
            self.custom(custom, &name, Blocks::Part, |text| text.parse().map_err(|why: NoGateway| why.to_string()));
        match rule {
            Part::Given(rule) => Some(rule),
            Part::Unknown => Some(GatewayRule::None),
            Part::None => None,
        }
    }

    /// Proxmox takes 16 MiB or more (seen on Proxmox VE 9.1).
    fn memory(&mut self, record: &VirtualMachine) -> Part<MiB> {
        match record.memory {
            Some(memory @ 0..16) => {
                let why = "Proxmox takes 16 MB of memory or more. Correct it";
                self.problem("memory", &format!("{memory} MB"), why, Blocks::Part);
                Part::Unknown
            }
            memory => Part::maybe(memory.map(MiB)),
        }
    }
}

fn storage_id(text: &str) -> Result<StorageId, String> {
    text.parse().map_err(|_| "this is not the name of a storage. Correct it, or clear it".into())
}
