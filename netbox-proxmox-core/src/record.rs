//! From a record in NetBox to the [`Guest`] that it describes.

use std::collections::BTreeMap;

use ipnet::IpNet;
use netbox_api::{CustomFields, IpAddress, PrimaryIp, VirtualDisk, VirtualMachine, VmInterface};
use proxmox_api::{DiskSlot, DriveSlot, GuestType, MiB, MountSlot, NodeName, SshKeys, StorageId, Vmid};
use serde::{Deserialize, Serialize};

use crate::address::GatewayRule;
use crate::delivery::birth;
use crate::guest::{Blocks, Cluster, Guest, GuestDisk, GuestInterface, Problem, RecordId, Status, Template, Vlans};
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
    /// Where the gateway is: `first`, `last` or `none` (text or select; may be missing).
    pub gateway: String,
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
    /// The kind of guest a record is; `None` when the field is empty or has a value that is not known.
    pub fn kind(&self, fields: &CustomFields) -> Option<GuestType> {
        guest_type(fields.text(&self.vm_type).as_deref())
    }

    /// The VMID that a record says, if it is one.
    pub fn vmid_of(&self, record: &VirtualMachine) -> Option<Vmid> {
        record.custom_fields.text(&self.vmid)?.trim().parse().ok()
    }

    /// The guest that a record describes.
    pub fn guest(&self, record: &VirtualMachine, related: &Related<'_>) -> Guest {
        let mut reader = Reader { fields: self, problems: Vec::new() };
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
            memory: Part::maybe(record.memory.map(MiB)),
            ssh_keys: reader.ssh_keys(custom),
            ipv4: reader.address("primary_ip4", record.primary_ip4.as_ref()),
            ipv6: reader.address("primary_ip6", record.primary_ip6.as_ref()),
            gateway: reader.gateway(custom),
            root_size: root_size(record),
            disks: related.disks.map_or(Part::Unknown, |disks| Part::Given(reader.disks(disks, kind))),
            interfaces: related.interfaces.map_or(Part::Unknown, |all| Part::Given(reader.interfaces(all, related))),
            tags: Part::Given(tags(record.tags.iter().map(|tag| tag.name.as_str()))),
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
    match value? {
        "vm" => Some(GuestType::Qemu),
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
        let Some(text) = fields.text(name) else { return Part::None };
        let text = text.trim();
        if text.is_empty() {
            return Part::None;
        }
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
        match kind {
            Some(GuestType::Lxc) => {
                let name = self.fields.lxc_template.clone();
                self.custom(custom, &name, Blocks::Creation, |text| {
                    Ok(text.parse().map_or_else(|_| Template::Volume(text.into()), Template::Guest))
                })
            }
            _ => {
                let name = self.fields.vm_template.clone();
                self.custom(custom, &name, Blocks::Creation, |text| {
                    text.parse()
                        .map(Template::Guest)
                        .map_err(|_| "the value of a template is its VMID, a number. Choose another, or correct the choice in NetBox".into())
                })
            }
        }
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

    /// No keys in NetBox means that those of the template stay; see `delivery` for keys that somebody cleared.
    fn ssh_keys(&mut self, custom: &CustomFields) -> Part<SshKeys> {
        let name = self.fields.ssh_keys.clone();
        let keys = self.custom(custom, &name, Blocks::Part, |text| {
            text.parse::<SshKeys>()
                .map_err(|error| format!("{}. Write one public key a line, as in authorized_keys", error.reason()))
        });
        if keys.is_none() { Part::Unknown } else { keys }
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

    fn gateway(&mut self, custom: &CustomFields) -> Option<GatewayRule> {
        let name = self.fields.gateway.clone();
        let rule = self.custom(custom, &name, Blocks::Part, |text| match text {
            "first" => Ok(GatewayRule::First),
            "last" => Ok(GatewayRule::Last),
            "none" => Ok(GatewayRule::None),
            _ => Err("the gateway is first, last or none. Correct it, or clear it".into()),
        });
        rule.given().copied()
    }

    fn disks(&mut self, disks: &[VirtualDisk], kind: Option<GuestType>) -> Vec<GuestDisk> {
        disks.iter().filter_map(|disk| self.disk(disk, kind.unwrap_or(GuestType::Qemu))).collect()
    }

    fn disk(&mut self, disk: &VirtualDisk, kind: GuestType) -> Option<GuestDisk> {
        let slot = match kind {
            GuestType::Qemu => disk.name.parse().map(DriveSlot::into),
            GuestType::Lxc => disk.name.parse().map(MountSlot::into),
        };
        let Ok(slot) = slot else {
            let why = match kind {
                GuestType::Qemu => {
                    "its name must be where Proxmox attaches it: scsi0 to scsi30, virtio0 to virtio15, sata0 to sata5 or \
                     ide0 to ide3. Rename the disk in NetBox"
                }
                GuestType::Lxc => {
                    "its name must be where Proxmox attaches it to a container: rootfs, or mp0 to mp255. Rename the disk \
                     in NetBox"
                }
            };
            self.problem(&format!("disk {}", disk.name), &disk.name, why, Blocks::Part);
            return None;
        };
        if disk.size == 0 {
            self.problem(
                &format!("disk {}", disk.name),
                "0 MB",
                "Proxmox has no disk without a size: set one in NetBox",
                Blocks::Part,
            );
            return None;
        }
        let storage = self.custom_of_disk(disk, &self.fields.disk_storage.clone(), storage_id);
        Some(GuestDisk { id: disk.id, slot, size: Megabytes(disk.size), storage, path: self.mount_path(disk, slot) })
    }

    fn mount_path(&mut self, disk: &VirtualDisk, slot: DiskSlot) -> Option<String> {
        let DiskSlot::Mount(MountSlot::Mp(_)) = slot else { return None };
        self.custom_of_disk(disk, &self.fields.mount_path.clone(), mount_path)
    }

    /// A custom field of a disk; a problem with it names the disk, too.
    fn custom_of_disk<T: Clone>(
        &mut self,
        disk: &VirtualDisk,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let before = self.problems.len();
        let value = self.custom(&disk.custom_fields, name, Blocks::Part, parse).given().cloned();
        for problem in &mut self.problems[before..] {
            problem.field = format!("disk {} {name}", disk.name);
        }
        value
    }

    /// The interfaces that are network cards: a child of another one exists within the guest only.
    fn interfaces(&mut self, interfaces: &[VmInterface], related: &Related<'_>) -> Vec<GuestInterface> {
        let mut cards: Vec<&VmInterface> = interfaces.iter().filter(|it| it.parent.is_none()).collect();
        cards.sort_by_key(|interface| interface.id);
        cards.into_iter().map(|interface| self.interface(interface, related)).collect()
    }

    fn interface(&mut self, interface: &VmInterface, related: &Related<'_>) -> GuestInterface {
        let field = format!("interface {}", interface.name);
        let name = self.fields.bridge.clone();
        let bridge = self.custom(&interface.custom_fields, &name, Blocks::Part, bridge).given().cloned();
        let of_vlan = || related.bridges?.get(&interface.untagged_vlan.as_ref()?.id).cloned();
        let mtu = interface.mtu.and_then(|mtu| match u32::try_from(mtu) {
            Ok(mtu @ 576..=65520) => Some(mtu),
            _ => {
                let why = "Proxmox takes an MTU of 576 to 65520. Correct it, or clear it";
                self.problem(&format!("{field} MTU"), &mtu.to_string(), why, Blocks::Part);
                None
            }
        });
        let on_it = |address: &&IpAddress| address.assigned_object_id == Some(interface.id);
        let mut addresses: Vec<&IpAddress> = related.addresses.iter().filter(on_it).collect();
        addresses.sort_by_key(|address| address.id);
        GuestInterface {
            id: interface.id,
            name: interface.name.clone(),
            enabled: interface.enabled,
            mac: interface.mac_address.as_ref().map(|mac| mac.to_ascii_uppercase()),
            mtu,
            bridge: bridge.or_else(of_vlan),
            vlans: vlans(interface),
            addresses: addresses.into_iter().filter_map(IpAddress::network).collect(),
        }
    }
}

/// The VLANs that an interface's mode means. `tagged-all` is a card without a VLAN filter.
fn vlans(interface: &VmInterface) -> Part<Vlans> {
    let vid = |vlan: &netbox_api::VlanBrief| vlan.vid.and_then(|vid| u16::try_from(vid).ok());
    let untagged = interface.untagged_vlan.as_ref().and_then(vid);
    match interface.mode.as_ref().map(|mode| mode.value.as_str()) {
        Some("access") => Part::Given(Vlans { untagged, tagged: Vec::new() }),
        Some("tagged") => {
            let mut tagged: Vec<u16> = interface.tagged_vlans.iter().filter_map(vid).collect();
            tagged.sort_unstable();
            Part::Given(Vlans { untagged, tagged })
        }
        Some("tagged-all") => Part::Given(Vlans::default()),
        _ => Part::Unknown,
    }
}

fn bridge(text: &str) -> Result<String, String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    if text.len() <= 15 && text.chars().all(allowed) {
        Ok(text.to_owned())
    } else {
        Err("this is not the name of a bridge, such as vmbr0. Correct it, or clear it".into())
    }
}

/// A comma would end the path in Proxmox's property strings, and `..` leads out of what was meant.
fn mount_path(text: &str) -> Result<String, String> {
    let clean = |part: &str| !matches!(part, "." | "..") && !part.contains([',', '\n', '\r']);
    if text.len() > 1 && text.starts_with('/') && text.split('/').all(clean) {
        Ok(text.to_owned())
    } else {
        Err("this is not where a container can mount a disk, such as /srv/data. Correct it".into())
    }
}

fn storage_id(text: &str) -> Result<StorageId, String> {
    text.parse().map_err(|_| "this is not the name of a storage. Correct it, or clear it".into())
}
