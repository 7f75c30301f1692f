//! Worlds, branches of edits, and what becomes of the deliveries.

use std::fmt;

use netbox_api::testing::{Access, BranchMark, FakeNetBox};
use netbox_proxmox_core::Policy;
use netbox_proxmox_core::policy::{ConfigureWhen, DestroyWhen};
use netbox_proxmox_tests::{CLUSTER, KINDS, Lab, proxmox, record, second_disk};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proxmox_api::testing::GuestKind;
use serde_json::{Value, json};

use crate::post::{Fate, fate};

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGq0fFkZtxYb8l1nq7yJm4Qv3l2nUo0Wc5dQH7yXb3Zp admin@example";

/// The user whose changes are no cause of anything, and its token.
pub(crate) const IMPORTER: (&str, &str) = ("importer", "nbt_importer0000.importer");

#[derive(Debug, Clone)]
pub(crate) struct Scene {
    pub(crate) configure: ConfigureWhen,
    pub(crate) destroy: DestroyWhen,
    /// What main has.
    pub(crate) machines: Vec<Machine>,
    /// What is done in the branch.
    pub(crate) edits: Vec<Edit>,
    /// Whether the server hears of that.
    pub(crate) heard: bool,
    /// What becomes of the deliveries of the merge, one after the other and again.
    pub(crate) fates: Vec<Fate>,
}

/// A virtual machine as somebody makes it.
#[derive(Clone)]
pub(crate) struct Machine {
    pub(crate) kind: GuestKind,
    pub(crate) status: &'static str,
    pub(crate) disk: bool,
    pub(crate) card: bool,
}

impl fmt::Debug for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, status, disk, card } = self;
        write!(f, "{status} {kind:?} disk {disk} card {card}")
    }
}

/// Something that somebody does to one of the machines, if it still is there.
#[derive(Clone)]
pub(crate) struct Edit {
    pub(crate) by_importer: bool,
    pub(crate) which: usize,
    pub(crate) what: What,
}

impl fmt::Debug for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by = if self.by_importer { "importer" } else { "person" };
        write!(f, "{by} on {}: {:?}", self.which, self.what)
    }
}

#[derive(Debug, Clone)]
pub(crate) enum What {
    Save(Value),
    AddDisk { slot: u8, size: u64 },
    ResizeDisk { which: usize, size: u64 },
    RemoveDisk { which: usize },
    AddCard,
    SaveCard(Value),
    RemoveCard,
    Address(&'static str),
    Delete,
    Make(Machine),
}

fn machine() -> impl Strategy<Value = Machine> {
    let status = prop_oneof![4 => select(vec!["staged", "active", "offline"]), 1 => Just("planned")];
    (select(KINDS.to_vec()), status, any::<bool>(), any::<bool>()).prop_map(|(kind, status, disk, card)| Machine {
        kind,
        status,
        disk,
        card,
    })
}

fn saved() -> impl Strategy<Value = Value> {
    select(vec![
        json!({"memory": 2048}),
        json!({"memory": 15}),
        json!({"vcpus": 2}),
        json!({"memory": 4096, "vcpus": 3}),
        json!({"status": "staged"}),
        json!({"status": "active"}),
        json!({"status": "offline"}),
        json!({"status": "planned"}),
        json!({"status": "active", "memory": 3072}),
        json!({"custom_fields": {"proxmox_node": "pve02"}}),
        json!({"custom_fields": {"proxmox_node": "pve01"}}),
        json!({"description": "for accounting"}),
        json!({"start_on_boot": "on"}),
        json!({"custom_fields": {"proxmox_public_ssh_key": KEY}}),
        json!({"comments": "seen"}),
        json!({"primary_ip4": null}),
    ])
}

fn what() -> impl Strategy<Value = What> {
    let size = || select(vec![2_000_u64, 5_000, 12_000]);
    prop_oneof![
        8 => saved().prop_map(What::Save),
        2 => (1..4_u8, size()).prop_map(|(slot, size)| What::AddDisk { slot, size }),
        2 => (0..3_usize, size()).prop_map(|(which, size)| What::ResizeDisk { which, size }),
        2 => (0..3_usize).prop_map(|which| What::RemoveDisk { which }),
        1 => Just(What::AddCard),
        1 => select(vec![json!({"enabled": false}), json!({"mtu": 1400})]).prop_map(What::SaveCard),
        1 => Just(What::RemoveCard),
        1 => select(vec!["192.0.2.20/24", "192.0.2.30/24", "2001:db8::20/64"]).prop_map(What::Address),
        2 => Just(What::Delete),
        2 => machine().prop_map(What::Make),
    ]
}

fn edit() -> impl Strategy<Value = Edit> {
    let by_importer = prop_oneof![9 => Just(false), 1 => Just(true)];
    (by_importer, 0..4_usize, what()).prop_map(|(by_importer, which, what)| {
        // One that an importer makes and a person changes is said to be nobody's wish, if the first delivery comes alone.
        let by_importer = by_importer && !matches!(what, What::Make(_));
        Edit { by_importer, which, what }
    })
}

pub(crate) fn scene() -> impl Strategy<Value = Scene> {
    let configure = prop_oneof![3 => Just(ConfigureWhen::Staged), 1 => Just(ConfigureWhen::Always)];
    let destroy =
        prop_oneof![4 => Just(DestroyWhen::Now), 1 => Just(DestroyWhen::After(3600)), 1 => Just(DestroyWhen::Never)];
    let all = (configure, destroy, vec(machine(), 0..4), vec(edit(), 1..8), any::<bool>(), vec(fate(), 1..8));
    all.prop_map(|(configure, destroy, machines, edits, heard, fates)| Scene {
        configure,
        destroy,
        machines,
        edits,
        heard,
        fates,
    })
}

impl Scene {
    /// Main, with its guests.
    pub(crate) async fn lab(&self) -> Lab {
        let (user, token) = IMPORTER;
        let netbox = FakeNetBox::builder().token("nbt_labkey000000.lab-secret").token_of(user, token, Access::Full);
        let netbox = netbox.cluster(CLUSTER).custom_field("proxmox_mount_path", "virtualization.virtualdisk", "text");
        let netbox = netbox.start().await;
        netbox.hold();
        netbox.webhook("http://127.0.0.1:9/webhook", Some("hook"));
        // Without it people may be told of a change within a branch as if it were main's: nothing in the body says so.
        netbox.mark_branches(BranchMark::Data);
        let policy = Policy {
            configure: self.configure,
            destroy: self.destroy.into(),
            importers: vec![user.to_owned()],
            ..Policy::default()
        };
        let lab = Lab::between(netbox, proxmox().await, policy);
        // The server starts in a NetBox that has a change log.
        lab.netbox.create_vm(json!({"name": "none-of-ours"}));
        lab.dispatcher.catch_up(None).await.unwrap();
        for (number, machine) in self.machines.iter().enumerate() {
            let id = lab.netbox.create_vm(machine.fields(&format!("main{number}")))["id"].as_u64().unwrap();
            if machine.disk {
                lab.netbox.create_disk(second_disk(machine.kind, id, 3_000));
            }
            if machine.card {
                lab.netbox.give_address(id, &format!("192.0.2.1{number}/24"));
            }
        }
        lab.settle().await;
        lab.seen.asked.lock().unwrap().clear();
        lab
    }
}

impl Machine {
    pub(crate) fn fields(&self, name: &str) -> Value {
        record(self.kind, json!({"name": name, "status": self.status, "memory": 1024, "vcpus": 1}))
    }
}
