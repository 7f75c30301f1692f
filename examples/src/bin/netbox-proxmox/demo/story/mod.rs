//! What a person changes in NetBox, and what Proxmox must then have: the lives of a virtual machine and of a container, and a branch.

mod branch;
mod container;
mod machine;

use std::fmt::Debug;

use netbox_proxmox_core::{Marker, MarkerState};
use proxmox_api::testing::Power;
use serde_json::{Value, json};

use super::world::World;

/// Both lives, one after the other.
pub(super) fn lives() -> Vec<&'static Step> {
    machine::LIFE.iter().chain(container::LIFE).collect()
}

/// A branch, from its first change to its merge.
pub(super) fn branch() -> Vec<&'static Step> {
    branch::STORY.iter().collect()
}

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGq0fFkZtxYb8l1nq7yJm4Qv3l2nUo0Wc5dQH7yXb3Zp alice@example.org";

/// A change, and what must hold once it is answered.
pub(super) struct Step {
    pub(super) title: &'static str,
    pub(super) change: fn(&World),
    pub(super) expected: fn(&World, &mut Checks),
}

/// What was compared, and what differed.
#[derive(Default)]
pub(super) struct Checks {
    pub(super) held: Vec<String>,
    pub(super) differed: Vec<String>,
}

impl Checks {
    pub(super) fn same<T: PartialEq + Debug>(&mut self, what: &str, found: T, wanted: T) {
        if found == wanted {
            self.held.push(what.to_owned());
        } else {
            self.differed.push(format!("{what}: is {found:?}, should be {wanted:?}"));
        }
    }

    /// Options of the guest in Proxmox.
    fn guest(&mut self, world: &World, options: &[(&str, Option<&str>)]) {
        let guest = world.guest();
        for (option, wanted) in options {
            let found = guest.as_ref().and_then(|guest| guest.get(option).map(str::to_owned));
            self.same(option, found, wanted.map(str::to_owned));
        }
    }

    fn power(&mut self, world: &World, wanted: Power) {
        self.same("power", world.guest().map(|guest| guest.power), Some(wanted));
    }

    fn disk(&mut self, world: &World, slot: &str, mib: Option<u64>) {
        self.same(slot, world.guest().and_then(|guest| guest.disk_mib(slot)), mib);
    }

    /// What NetBox is told of a guest that was made.
    fn recorded(&mut self, world: &World, root_disk: u64) {
        let guest = world.guest();
        let marker = guest.as_ref().and_then(|guest| guest.description().and_then(Marker::find));
        self.same("marker", marker.map(|marker| marker.state), Some(MarkerState::Ready));
        let record = world.record();
        let vmid = guest.map(|guest| json!(guest.vmid.to_string())).unwrap_or_default();
        self.same("VMID in NetBox", &record["custom_fields"]["proxmox_vmid"], &vmid);
        self.same("node in NetBox", &record["custom_fields"]["proxmox_node"]["value"], &json!("pve01"));
        let disks = world.netbox.disks(world.record.get());
        self.same("root disk in NetBox (MB)", disks.first().map(|disk| &disk["size"]), Some(&json!(root_disk)));
    }

    /// What the plan of the branch says, or does not.
    fn listed(&mut self, world: &World, word: &str, wanted: bool) {
        let found = world.listed.borrow().iter().any(|step| step.contains(word));
        self.same(&format!("{word} in the plan"), found, wanted);
    }

    /// What was done is what the plan of the branch had listed.
    fn as_listed(&mut self, world: &World) {
        let steps = |of: &[String]| {
            let mut steps: Vec<String> =
                of.iter().filter(|step| !step.starts_with("report ")).map(|it| plain(it)).collect();
            steps.sort();
            steps
        };
        self.same("what was planned", steps(&world.done.borrow()), steps(&world.listed.borrow()));
    }

    /// Nothing of it is left, and nothing else is gone.
    fn gone(&mut self, world: &World) {
        self.same("guest", world.guest().map(|guest| guest.vmid), None);
        let templates = [9000, 9100];
        let volumes = world.proxmox.volumes().into_iter().map(|volume| volume.vmid);
        let others: Vec<u32> = volumes.filter(|vmid| *vmid != 0 && !templates.contains(vmid)).collect();
        self.same("volumes of the guest", others, Vec::new());
        let is_template = |vmid: u32| world.proxmox.guest(vmid).is_none_or(|guest| guest.is_template());
        self.same("the templates", templates.into_iter().all(is_template), true);
    }
}

/// A step without the VMID, which a plan does not know of a guest that is made, and without what became of it.
fn plain(step: &str) -> String {
    let step = step.trim_end_matches(" (already so)");
    match step.split_once(" (VMID ").and_then(|(before, rest)| Some((before, rest.split_once(')')?.1))) {
        Some((before, after)) => format!("{before}{after}"),
        None => step.to_owned(),
    }
}

/// Creates the record of a guest whose life begins.
fn create(world: &World, name: &'static str, fields: Value) {
    world.name.set(name);
    let mut record = json!({ "name": name });
    if let (Some(record), Value::Object(fields)) = (record.as_object_mut(), fields) {
        record.extend(fields);
    }
    world.record.set(world.netbox.create_vm(record)["id"].as_u64().unwrap_or_default());
}

fn change(world: &World, fields: Value) {
    world.alice().update_vm(world.record.get(), fields);
}

/// The id of the disk at a slot.
fn disk(world: &World, slot: &str) -> u64 {
    let disks = world.netbox.disks(world.record.get());
    disks.iter().find(|disk| disk["name"] == slot).and_then(|disk| disk["id"].as_u64()).unwrap_or_default()
}

fn journal(world: &World, word: &str) -> usize {
    world.netbox.journal().iter().filter(|entry| entry["comments"].as_str().is_some_and(|it| it.contains(word))).count()
}
