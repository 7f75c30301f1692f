//! A branch of edits.

use netbox_api::Client;
use netbox_api::client::{Branch, NewBranch};
use netbox_proxmox_tests::inside::{DISKS, MACHINES};
use netbox_proxmox_tests::{Lab, second_disk};
use proxmox_api::testing::GuestKind;
use serde_json::{Value, json};

use crate::scene::{Edit, IMPORTER, Scene, What};

const CARDS: &str = "virtualization/interfaces/";
const ADDRESSES: &str = "ipam/ip-addresses/";

/// NetBox as a branch has it, to a person and to the importer.
pub(crate) struct Inside {
    person: Client,
    importer: Client,
    made: usize,
}

impl Inside {
    /// A branch in which a scene's edits were made.
    pub(crate) async fn of(lab: &Lab, scene: &Scene) -> Branch {
        let client = lab.dispatcher.bridge().netbox.clone();
        let new = NewBranch { name: "next-week".into(), ..NewBranch::default() };
        let id = client.branches().create(&new).await.unwrap().value.id;
        let branch = client.branches().get(id).await.unwrap().value;
        let person = client.branch(&branch.schema_id).unwrap();
        let importer = Client::builder(lab.netbox.url()).token(IMPORTER.1.into()).build().unwrap();
        let importer = importer.branch(&branch.schema_id).unwrap();
        let mut inside = Self { person, importer, made: 0 };
        for edit in &scene.edits {
            inside.edit(edit).await;
        }
        branch
    }

    /// Makes an edit, if it can be made: NetBox may refuse it.
    async fn edit(&mut self, edit: &Edit) {
        let by = if edit.by_importer { self.importer.clone() } else { self.person.clone() };
        if let What::Make(machine) = &edit.what {
            self.made += 1;
            let made = by.post(MACHINES, &machine.fields(&format!("new{}", self.made))).await.unwrap();
            let id = made.body["id"].as_u64().unwrap();
            if machine.disk {
                by.post(DISKS, &second_disk(machine.kind, id, 3_000)).await.unwrap();
            }
            if machine.card {
                address(&by, id, &format!("192.0.2.{}/24", 40 + self.made)).await;
            }
            return;
        }
        let machines = by.get_all(MACHINES, &[]).await.unwrap();
        let ours: Vec<&Value> =
            machines.iter().filter(|it| it["custom_fields"]["proxmox_vm_type"] != Value::Null).collect();
        if ours.is_empty() {
            return;
        }
        let machine = ours[edit.which % ours.len()];
        let id = machine["id"].as_u64().unwrap();
        let is_container = machine["custom_fields"]["proxmox_vm_type"].to_string().contains("lxc");
        let kind = if is_container { GuestKind::Lxc } else { GuestKind::Qemu };
        let is_new = machine["name"].as_str().is_some_and(|name| name.starts_with("new"));
        let done = match &edit.what {
            What::Save(fields) if is_new && fields.get("primary_ip4").is_some() => return,
            What::Save(fields) => by.patch(&format!("{MACHINES}{id}/"), fields, None).await.map(drop),
            What::AddDisk { slot, size } => {
                let mut disk = second_disk(kind, id, *size);
                let name = if is_container { format!("mp{slot}") } else { format!("scsi{slot}") };
                disk["name"] = json!(name);
                by.post(DISKS, &disk).await.map(drop)
            }
            What::ResizeDisk { which, size } => match nth(&by, DISKS, id, *which).await {
                Some(disk) => by.patch(&format!("{DISKS}{disk}/"), &json!({"size": size}), None).await.map(drop),
                None => Ok(()),
            },
            What::RemoveDisk { which } => match nth(&by, DISKS, id, *which).await {
                Some(disk) => by.delete(&format!("{DISKS}{disk}/"), None).await.map(drop),
                None => Ok(()),
            },
            What::AddCard => {
                let name = format!("eth{}", count(&by, CARDS, id).await);
                by.post(CARDS, &json!({"virtual_machine": id, "name": name})).await.map(drop)
            }
            What::SaveCard(fields) => match nth(&by, CARDS, id, 0).await {
                Some(card) => by.patch(&format!("{CARDS}{card}/"), fields, None).await.map(drop),
                None => Ok(()),
            },
            What::RemoveCard => match nth(&by, CARDS, id, 0).await {
                Some(card) => by.delete(&format!("{CARDS}{card}/"), None).await.map(drop),
                None => Ok(()),
            },
            What::Address(text) => {
                address(&by, id, text).await;
                Ok(())
            }
            What::Delete => by.delete(&format!("{MACHINES}{id}/"), None).await.map(drop),
            What::Make(_) => Ok(()),
        };
        if let Err(error) = done {
            assert_eq!(error.status(), Some(400), "{edit:?}: {error}");
        }
    }
}

async fn all(by: &Client, path: &str, machine: u64) -> Vec<Value> {
    let mut all = by.get_all(path, &[("virtual_machine_id", &machine.to_string())]).await.unwrap();
    all.sort_by_key(|it| it["id"].as_u64());
    all
}

async fn count(by: &Client, path: &str, machine: u64) -> usize {
    all(by, path, machine).await.len()
}

/// The id of one of what belongs to a machine.
async fn nth(by: &Client, path: &str, machine: u64, which: usize) -> Option<u64> {
    let all = all(by, path, machine).await;
    all.get(which % all.len().max(1))?["id"].as_u64()
}

/// Gives a machine a primary address, on its first interface; one that NetBox has already it refuses.
async fn address(by: &Client, machine: u64, text: &str) {
    let card = match nth(by, CARDS, machine, 0).await {
        Some(card) => card,
        None => {
            let made = by.post(CARDS, &json!({"virtual_machine": machine, "name": "eth0"})).await.unwrap();
            made.body["id"].as_u64().unwrap()
        }
    };
    let on = json!({"address": text, "assigned_object_type": "virtualization.vminterface", "assigned_object_id": card});
    let Ok(made) = by.post(ADDRESSES, &on).await else { return };
    let primary = if text.contains(':') { "primary_ip6" } else { "primary_ip4" };
    by.patch(&format!("{MACHINES}{machine}/"), &json!({primary: made.body["id"]}), None).await.unwrap();
}
