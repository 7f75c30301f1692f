//! What people do meanwhile, in NetBox and in Proxmox.

use std::time::Duration;

use netbox_proxmox_core::live::NewEvent;
use proxmox_api::testing::GuestKind;
use serde_json::{Value, json};

use super::world::World;
use crate::{record, second_disk, second_slot};

/// How many records there are at most at a time.
const RECORDS: usize = 3;

const STATUSES: [&str; 4] = ["staged", "active", "offline", "planned"];

/// A change of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Its memory, in MB.
    Memory(u32),
    /// Its cores.
    Cores(u32),
    /// Its status.
    Status(&'static str),
    /// Its node.
    Node(&'static str),
    /// Its name.
    Name,
    /// Its second disk is made, or grows.
    Grow,
    /// Its second disk is deleted.
    RemoveDisk,
    /// It is deleted.
    Delete,
}

impl World {
    /// Something happens, as it is decided.
    pub(super) async fn something(&mut self) {
        match self.choices.below(18) {
            0..3 => {}
            3 => self.creates(),
            4..9 => self.edits(),
            9 => self.deletes(),
            10 => self.strangers(),
            11 => self.kill().await,
            12 => self.weather.set_bad(true),
            13 => self.weather.set_bad(false),
            14 => self.clock(),
            15 => self.undeletes(),
            _ => self.start(),
        }
        self.deliveries().await;
        let time = self.choices.of(&[20, 1, 200, 2_000, 10_000, 70_000, 400_000]);
        self.pass(Duration::from_millis(time)).await;
    }

    /// The bridge's clock is right again, or seconds or hours wrong.
    fn clock(&mut self) {
        let ahead = self.choices.of(&[0, 5, -5, 900, -900, 7_200, -7_200]);
        self.set_clock(ahead);
    }

    /// Each delivery that is on its way arrives, or twice, later, never.
    async fn deliveries(&mut self) {
        let mut later: Vec<Vec<NewEvent>> = Vec::new();
        for changes in std::mem::take(&mut self.on_their_way) {
            match self.choices.below(8) {
                0..4 => self.deliver(&changes).await,
                4 => {
                    self.deliver(&changes).await;
                    self.deliver(&changes).await;
                }
                5 => {
                    self.deliver(&changes).await;
                    later.push(changes);
                }
                6 => later.insert(0, changes),
                _ => {}
            }
        }
        self.on_their_way.append(&mut later);
    }

    /// The records that there are.
    pub(super) fn records(&self) -> Vec<u64> {
        self.netbox.all("virtualization/virtual-machines").iter().filter_map(|it| it["id"].as_u64()).collect()
    }

    fn one(&self) -> Option<u64> {
        let records = self.records();
        (!records.is_empty()).then(|| self.choices.of(&records))
    }

    fn creates(&mut self) {
        let status = self.choices.of(&STATUSES);
        let kind = self.choices.of(&[GuestKind::Qemu, GuestKind::Lxc]);
        let node = self.choices.of(&[Value::Null, json!("pve01"), json!("pve02")]);
        self.creates_of(kind, status, node);
    }

    /// A record is made, unless there are enough.
    pub(super) fn creates_of(&mut self, kind: GuestKind, status: &str, node: Value) {
        if self.records().len() >= RECORDS {
            return;
        }
        let fields = json!({
            "name": format!("guest{}", self.netbox.object_changes().len()), "status": status, "vcpus": 1, "memory": 1024,
            "custom_fields": {"proxmox_vm_storage": "ceph", "proxmox_node": node},
        });
        self.netbox.create_vm(record(kind, fields));
    }

    fn edits(&mut self) {
        let Some(id) = self.one() else { return };
        let edit = match self.choices.below(8) {
            0 => Edit::Memory(self.choices.of(&[1024, 2048, 4096])),
            1 => Edit::Cores(self.choices.of(&[1, 2, 4])),
            2 | 3 => Edit::Status(self.choices.of(&STATUSES[..3])),
            4 => Edit::Node(self.choices.of(&["pve01", "pve02"])),
            5 => Edit::Name,
            6 => Edit::Grow,
            _ => Edit::RemoveDisk,
        };
        self.edit(id, edit);
    }

    /// A record is changed, or what belongs to it.
    pub(super) fn edit(&mut self, id: u64, edit: Edit) {
        let fields = match edit {
            Edit::Memory(mebibytes) => json!({"memory": mebibytes}),
            Edit::Cores(cores) => json!({"vcpus": cores}),
            Edit::Status(status) => json!({"status": status}),
            Edit::Node(node) => json!({"custom_fields": {"proxmox_node": node}}),
            Edit::Name => json!({"name": format!("renamed{}", self.netbox.object_changes().len())}),
            Edit::Grow => return self.grows(id),
            Edit::RemoveDisk => return self.removes(id),
            Edit::Delete => return self.netbox.delete_vm(id),
        };
        self.netbox.update_vm(id, fields);
    }

    fn kind(&self, id: u64) -> GuestKind {
        let record = self.netbox.vm(id).unwrap_or_default();
        if record["custom_fields"]["proxmox_vm_type"] == "lxc" { GuestKind::Lxc } else { GuestKind::Qemu }
    }

    fn second(&self, id: u64) -> Option<Value> {
        let slot = second_slot(self.kind(id));
        self.netbox.disks(id).into_iter().find(|disk| disk["name"] == slot)
    }

    /// The second disk is made, or grows.
    fn grows(&mut self, id: u64) {
        match self.second(id) {
            None => drop(self.netbox.create_disk(second_disk(self.kind(id), id, 2_000))),
            Some(disk) => {
                let size = disk["size"].as_u64().unwrap_or_default() + 1_000;
                self.netbox.update_disk(disk["id"].as_u64().unwrap_or_default(), json!({"size": size}));
            }
        }
    }

    fn removes(&mut self, id: u64) {
        if let Some(disk) = self.second(id) {
            self.done.removed.insert((id, second_slot(self.kind(id)).to_owned()));
            self.netbox.delete_disk(disk["id"].as_u64().unwrap_or_default());
        }
    }

    fn deletes(&mut self) {
        if let Some(id) = self.one() {
            self.edit(id, Edit::Delete);
        }
    }

    /// The record that was deleted last is there again, with its id and its VMID.
    pub(super) fn undeletes(&mut self) {
        let log = self.netbox.object_changes();
        let deleted = |entry: &&Value| {
            entry["changed_object_type"] == "virtualization.virtualmachine" && entry["action"]["value"] == "delete"
        };
        let Some(id) = log.iter().rfind(deleted).and_then(|entry| entry["changed_object_id"].as_u64()) else { return };
        if self.netbox.vm(id).is_none() && self.records().len() < RECORDS {
            self.netbox.revert_deletion(id);
            self.done.undeleted.insert(id, self.elapsed());
        }
    }

    /// Somebody makes a guest by hand, with the VMID that ours would get next.
    pub(super) fn strangers(&mut self) {
        let taken: Vec<u32> = self.proxmox.guests().iter().map(|guest| guest.vmid).collect();
        let Some(vmid) = (100..).find(|vmid| !taken.contains(vmid)) else { return };
        if self.done.foreign.len() < 3 {
            self.proxmox.add_guest(vmid, "stranger", |guest| guest.disk("scsi0", "ceph", 1_024));
            self.note_foreign(vmid);
        }
    }
}
