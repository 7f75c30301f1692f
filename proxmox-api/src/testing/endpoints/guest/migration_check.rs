//! `GET migrate`: where a guest may go, and what of it lies on its node only.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::Ctx;
use crate::testing::guest::{Guest, GuestKind, is_cloudinit};
use crate::testing::options;
use crate::testing::reply::ApiResult;
use crate::testing::storage::storage_of;
use crate::testing::world::World;

/// A volume of a guest that lies on one node only.
#[derive(Debug, Clone)]
pub(super) struct LocalDisk {
    /// The drive it is in, or `unusedN`.
    pub(super) slot: String,
    pub(super) volid: String,
    size: u64,
    cdrom: bool,
    pub(super) cloudinit: bool,
    replicate: bool,
}

impl LocalDisk {
    pub(super) fn is_unused(&self) -> bool {
        options::is_unused(&self.slot)
    }

    /// As the check lists it.
    fn shown(&self) -> Value {
        let flag = u8::from;
        let mut item = json!({
            "volid": self.volid, "size": self.size, "cdrom": flag(self.cdrom), "shared": 0,
            "is_attached": flag(!self.is_unused()), "is_cloudinit": flag(self.cloudinit),
            "is_tpmstate": flag(self.slot.starts_with("tpmstate")), "is_unused": flag(self.is_unused()),
            "is_vmstate": 0, "replicate": flag(self.replicate),
        });
        if !self.is_unused() {
            item["drivename"] = json!(self.slot);
        }
        item
    }
}

/// The volumes of a guest that lie on its node only, unused ones and the cloud-init drive included.
pub(super) fn local_disks(world: &World, guest: &Guest) -> Vec<LocalDisk> {
    let slots = guest.config.iter().filter(|(slot, _)| options::is_drive(slot) || options::is_unused(slot));
    let found = slots.filter_map(|(slot, value)| {
        let drive = options::parse_drive(value);
        let volume = world.volume(drive.head.as_deref()?, &guest.node).filter(|volume| volume.node.is_some())?;
        Some(LocalDisk {
            slot: slot.clone(),
            volid: volume.volid.clone(),
            size: volume.size,
            cdrom: drive.get("media") == Some("cdrom"),
            cloudinit: is_cloudinit(value),
            replicate: drive.get("replicate") != Some("0"),
        })
    });
    found.collect()
}

/// Devices of the node that a virtual machine uses: those that bind it there, and those that a mapping of the cluster
/// stands for.
pub(super) fn devices(guest: &Guest) -> (Vec<&str>, Vec<&str>) {
    let is_device = |name: &str, value: &str| match name.trim_end_matches(|c: char| c.is_ascii_digit()) {
        "hostpci" => true,
        "usb" => !value.contains("spice"),
        "serial" => value != "socket",
        "parallel" => true,
        _ => false,
    };
    let (mut local, mut mapped) = (Vec::new(), Vec::new());
    for (name, value) in guest.config.iter().filter(|(name, value)| is_device(name, value)) {
        if value.contains("mapping=") { mapped.push(name.as_str()) } else { local.push(name.as_str()) }
    }
    (local, mapped)
}

pub(in crate::testing::endpoints) fn check(ctx: &mut Ctx<'_>) -> ApiResult {
    ctx.check_vm(&["VM.Migrate"])?;
    let guest = ctx.world.guest_on(&ctx.place())?;
    let others = ctx.world.nodes.iter().map(|node| node.name.as_str()).filter(|node| *node != ctx.node);
    // `target` changes nothing: the answer is about every node but the guest's own.
    match guest.kind {
        GuestKind::Lxc => Ok(container(guest, others).into()),
        GuestKind::Qemu => Ok(machine(ctx.world, guest, others).into()),
    }
}

/// Of a container only the rules of HA say no, so its refused nodes are none here. The names have hyphens.
fn container<'a>(guest: &Guest, others: impl Iterator<Item = &'a str>) -> Value {
    json!({
        "running": u8::from(guest.is_running()), "allowed-nodes": others.collect::<Vec<_>>(), "not-allowed-nodes": {},
    })
}

/// Every other node is a key of `not_allowed_nodes`; one that is allowed with an empty object.
fn machine<'a>(world: &World, guest: &Guest, others: impl Iterator<Item = &'a str>) -> Value {
    let disks = local_disks(world, guest);
    let storages: BTreeSet<&str> = disks.iter().filter_map(|disk| storage_of(&disk.volid)).collect();
    let (mut allowed, mut not_allowed) = (Vec::new(), Map::new());
    for node in others {
        // A running one's disks may go to any storage there, so of it no storage is missed.
        let lacks = |id: &&&str| !guest.is_running() && world.storage_on(id, node).is_err();
        let lacking: Vec<&&str> = storages.iter().filter(lacks).collect();
        let against = if lacking.is_empty() { json!({}) } else { json!({ "unavailable_storages": lacking }) };
        if lacking.is_empty() {
            allowed.push(node);
        }
        not_allowed.insert(node.into(), against);
    }
    let (local, mapped) = devices(guest);
    let info: Map<String, Value> = mapped.iter().map(|name| ((*name).to_owned(), json!({}))).collect();
    json!({
        "running": u8::from(guest.is_running()), "allowed_nodes": allowed, "not_allowed_nodes": not_allowed,
        "local_disks": disks.iter().map(LocalDisk::shown).collect::<Value>(), "local_resources": local,
        "mapped-resources": mapped, "mapped-resource-info": info, "has-dbus-vmstate": 1,
    })
}
