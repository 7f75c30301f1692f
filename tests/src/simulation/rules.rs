//! What must hold: at every step, and in the end. It is written down from the mission, and asks only the two sides.

use std::collections::BTreeMap;
use std::time::Duration;

use netbox_proxmox_core::live::EventState;
use netbox_proxmox_core::{Marker, RecordId};
use proxmox_api::testing::{Guest, GuestKind, Power};
use serde_json::Value;

use super::world::World;
use crate::{second_disk, second_slot};

/// How late a request may be carried out.
const ON_ITS_WAY: Duration = Duration::from_secs(120);

impl World {
    /// Nothing foreign is touched; no record has two guests; nothing is destroyed that NetBox still has.
    ///
    /// # Errors
    /// What was broken.
    pub(super) fn is_safe(&mut self) -> Result<(), String> {
        for (vmid, was) in &self.done.foreign {
            let is = self.proxmox.guest(*vmid).map(|guest| format!("{guest:?}")).unwrap_or_default();
            if is != *was {
                return Err(format!("guest {vmid} is none of ours, and was touched:\nbefore {was}\nafter  {is}"));
            }
        }
        let mut guests: BTreeMap<(RecordId, String), u32> = BTreeMap::new();
        for guest in self.proxmox.guests().iter().filter(|guest| !guest.is_template()) {
            let Some(owner) = owner_of(guest) else { continue };
            if let Some(other) = guests.insert(owner.clone(), guest.vmid) {
                return Err(format!("record {} has two guests, {other} and {}", owner.0, guest.vmid));
            }
        }
        self.lost_guests(&guests)?;
        self.lost_disks()?;
        self.last = guests;
        Ok(())
    }

    /// A guest that is gone has no record any more.
    fn lost_guests(&self, guests: &BTreeMap<(RecordId, String), u32>) -> Result<(), String> {
        for (owner, vmid) in self.last.iter().filter(|(owner, _)| !guests.contains_key(*owner)) {
            // What was asked for while NetBox lacked the record may be on its way.
            let back = self.done.undeleted.get(&owner.0.0);
            if back.is_some_and(|since| self.elapsed() < *since + ON_ITS_WAY) {
                continue;
            }
            let record = self.netbox.vm(owner.0.0);
            let is_it = |record: &Value| record["created"].as_str().is_some_and(|born| same_moment(born, &owner.1));
            if record.as_ref().is_some_and(is_it) && self.finished.contains(vmid) {
                return Err(format!("guest {vmid} of record {} was destroyed, and NetBox has the record", owner.0));
            }
        }
        Ok(())
    }

    /// A disk that is gone was deleted, or its record was.
    fn lost_disks(&mut self) -> Result<(), String> {
        let mut disks = BTreeMap::new();
        for guest in self.proxmox.guests().iter().filter(|guest| !guest.is_template()) {
            let (Some((record, _)), slot) = (owner_of(guest), second_slot(guest.kind)) else { continue };
            if let Some(volume) = guest.volume(slot) {
                disks.insert((record.0, slot), volume.to_owned());
            }
            self.finished.extend(guest.description().and_then(ready).map(|()| guest.vmid));
        }
        for ((record, slot), volume) in &self.disks {
            let of_record = (*record, (*slot).to_owned());
            let may_go = self.done.removed.contains(&of_record) || self.netbox.vm(*record).is_none();
            if !may_go && disks.get(&(*record, *slot)).is_none_or(|now| now != volume) {
                return Err(format!("disk {slot} of record {record} is gone ({volume}), and nobody deleted it"));
            }
        }
        self.disks = disks;
        Ok(())
    }

    /// Every record has the guest that it says, nothing waits, and nothing is left of records that are gone. Of a record that was
    /// deleted and is there again, with the VMID of a guest that may be gone or another's, a person may have been told instead.
    ///
    /// # Errors
    /// What is not as NetBox says.
    pub(super) async fn is_as_netbox_says(&self) -> Result<(), String> {
        let events = self.events(None).await;
        let shown = |state: EventState| {
            let of =
                events.iter().filter(|event| event.state == state).filter(|event| !self.is_told(event.change.record.0));
            of.map(|event| format!("{event:?}")).collect::<Vec<_>>()
        };
        for state in [EventState::Pending, EventState::Parked] {
            let left = shown(state);
            if !left.is_empty() {
                return Err(format!("{state:?} in the end:\n{}", left.join("\n")));
            }
        }
        let records = self.netbox.all("virtualization/virtual-machines");
        let id_of = |record: &Value| record["id"].as_u64().unwrap_or_default();
        for record in records.iter().filter(|record| !self.is_told(id_of(record))) {
            self.agrees(record)?;
        }
        for guest in self.proxmox.guests() {
            let Some((record, _)) = owner_of(&guest).filter(|_| !guest.is_template()) else { continue };
            // Cut short in its creation it has its template's protection: it is kept, and said.
            let kept = format!("the guest {} in Proxmox was kept: it is protected", guest.vmid);
            let is_protected = guest.merged().get("protection").is_some_and(|protection| protection == "1");
            if is_protected && self.journal_has(&kept) {
                continue;
            }
            if !self.is_told(record.0) && !records.iter().any(|it| id_of(it) == record.0) {
                let events = events.iter().map(|event| format!("{event:?}")).collect::<Vec<_>>().join("\n");
                return Err(format!("guest {} is left, and its record {record} is gone\n{events}", guest.vmid));
            }
        }
        Ok(())
    }

    fn journal_has(&self, words: &str) -> bool {
        self.netbox.journal().iter().any(|entry| entry["comments"].as_str().is_some_and(|text| text.contains(words)))
    }

    /// Whether a record was there again, and NetBox's journal names it, or one of its names.
    fn is_told(&self, record: u64) -> bool {
        if !self.done.undeleted.contains_key(&record) {
            return false;
        }
        let log = self.netbox.object_changes();
        let of_record = log.iter().filter(|entry| {
            entry["changed_object_type"] == "virtualization.virtualmachine" && entry["changed_object_id"] == record
        });
        let snapshots =
            of_record.flat_map(|entry| [&entry["prechange_data"]["name"], &entry["postchange_data"]["name"]]);
        let names: Vec<&str> = snapshots.filter_map(Value::as_str).collect();
        let journal = self.netbox.journal();
        let asks =
            journal.iter().filter(|entry| ["warning", "danger"].map(Value::from).contains(&entry["kind"]["value"]));
        asks.filter_map(|entry| entry["comments"].as_str()).any(|text| names.iter().any(|name| text.contains(name)))
    }

    fn agrees(&self, record: &Value) -> Result<(), String> {
        let name = record["name"].as_str().unwrap_or_default();
        let custom = &record["custom_fields"];
        let vmid = custom["proxmox_vmid"].as_str().and_then(|vmid| vmid.parse().ok());
        let status = record["status"]["value"].as_str().or(record["status"].as_str()).unwrap_or_default();
        if status == "planned" {
            return Ok(());
        }
        let Some(guest) = vmid.and_then(|vmid| self.proxmox.guest(vmid)) else {
            return Err(format!("{name} is {status} and has no guest: VMID {vmid:?}"));
        };
        let must = |what: &str, is: Option<String>, said: Option<String>| match said.is_none() || is == said {
            true => Ok(()),
            false => Err(format!("{name} ({}, {status}): {what} is {is:?}, NetBox says {said:?}", guest.vmid)),
        };
        let merged = guest.merged();
        let option = |name: &str| merged.get(name).cloned();
        let number = |field: &str| record[field].as_f64().map(|number| format!("{number}"));
        let title = if guest.kind == GuestKind::Lxc { "hostname" } else { "name" };
        must("the marker", guest.description().and_then(ready).map(|()| "ready".into()), Some("ready".into()))?;
        must("the name", option(title), Some(name.to_owned()))?;
        must("the memory", option("memory"), number("memory"))?;
        must("the number of cores", option("cores"), number("vcpus"))?;
        must("the node", Some(guest.node.clone()), custom["proxmox_node"].as_str().map(str::to_owned))?;
        let power = match status {
            "active" => Some(Power::Running),
            "offline" => Some(Power::Stopped),
            _ => None,
        };
        must("the power state", Some(format!("{:?}", guest.power)), power.map(|power| format!("{power:?}")))?;
        let slot = second_slot(guest.kind);
        let id = record["id"].as_u64().unwrap_or_default();
        let disk =
            self.netbox.disks(id).into_iter().find(|disk| disk["name"] == second_disk(guest.kind, id, 0)["name"]);
        let size = disk.as_ref().and_then(|disk| disk["size"].as_u64()).map(|size| format!("{}", size / 1_000 * 1_024));
        let has = guest.disk_mib(slot).map(|size| size.to_string());
        match (&has, &size) {
            (None, None) => Ok(()),
            // A mount point of a running container goes when it stops.
            (Some(_), None) if guest.kind == GuestKind::Lxc && guest.power == Power::Running => Ok(()),
            (Some(_), None) => Err(format!("{name} ({}): NetBox has no {slot}", guest.vmid)),
            (_, Some(_)) => must(slot, has, size),
        }
    }
}

/// The record and its birth that a guest's marker names; a marker of another VMID is a copy by hand.
fn owner_of(guest: &Guest) -> Option<(RecordId, String)> {
    let marker = Marker::find(guest.description()?)?;
    (marker.vmid.get() == guest.vmid).then_some((marker.record, marker.birth?.to_string()))
}

fn ready(description: &str) -> Option<()> {
    Marker::find(description)?.to_string().contains(" ready").then_some(())
}

fn same_moment(one: &str, other: &str) -> bool {
    let to_milliseconds = |text: &str| text.parse::<netbox_proxmox_core::Moment>().ok();
    to_milliseconds(one) == to_milliseconds(other)
}
