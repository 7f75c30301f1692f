//! A small world: one record, what happens to it, the fate of all deliveries, and where the bridge is killed.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use proxmox_api::testing::GuestKind;
use serde_json::Value;

use super::choices::Choices;
use super::people::Edit;
use super::world::World;

/// What may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thing {
    /// A change of the record.
    Edit(Edit),
    /// Somebody makes a guest with the next VMID.
    Stranger,
    /// The record is deleted, and another one made.
    Anew,
    /// The record is deleted, and is there again.
    Undelete,
}

/// All of them.
pub const THINGS: [Thing; 12] = [
    Thing::Edit(Edit::Memory(2048)),
    Thing::Edit(Edit::Status("staged")),
    Thing::Edit(Edit::Status("active")),
    Thing::Edit(Edit::Status("offline")),
    Thing::Edit(Edit::Node("pve02")),
    Thing::Edit(Edit::Name),
    Thing::Edit(Edit::Grow),
    Thing::Edit(Edit::RemoveDisk),
    Thing::Edit(Edit::Delete),
    Thing::Stranger,
    Thing::Anew,
    Thing::Undelete,
];

/// What becomes of deliveries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Each arrives.
    Arrives,
    /// Each arrives twice.
    Twice,
    /// None arrives.
    Lost,
    /// All arrive in the end, the last one first.
    Reversed,
}

/// All of them.
pub const FATES: [Fate; 4] = [Fate::Arrives, Fate::Twice, Fate::Lost, Fate::Reversed];

/// What happens in a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// Of which kind the record is.
    pub kind: GuestKind,
    /// The status in which it is made.
    pub status: &'static str,
    /// What becomes of deliveries.
    pub fate: Fate,
    /// What happens then.
    pub things: Vec<Thing>,
    /// At which write the bridge is killed, and whether before it is carried out.
    pub kill: Option<(u64, bool)>,
}

/// What a run was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Played {
    /// How many writes the bridge made.
    pub writes: u64,
    /// The states of both sides that were seen, as numbers.
    pub states: Vec<u64>,
    /// What was asked of both sides.
    pub requests: Vec<String>,
    /// What went wrong.
    pub broken: Option<String>,
}

/// Plays a script.
///
/// # Panics
/// The bridge or a fake has a bug.
pub fn play(script: &Script) -> Played {
    super::on_a_clock_of_its_own(async {
        let mut world = World::new(Choices::again(Vec::new())).await;
        if let Some((write, before)) = script.kill {
            world.doom.at(write, before);
        }
        let mut states = Vec::new();
        let broken = world.play(script, &mut states).await.err();
        Played { writes: world.doom.writes(), states, requests: world.requests(), broken }
    })
}

impl World {
    async fn play(&mut self, script: &Script, states: &mut Vec<u64>) -> Result<(), String> {
        self.creates_of(script.kind, script.status, Value::Null);
        self.settle(script.fate, states).await?;
        for thing in &script.things {
            let record = self.records().first().copied();
            match (thing, record) {
                (Thing::Edit(edit), Some(record)) => self.edit(record, *edit),
                (Thing::Anew, record) => {
                    record.into_iter().for_each(|record| self.edit(record, Edit::Delete));
                    self.creates_of(script.kind, script.status, Value::Null);
                }
                (Thing::Stranger, _) => self.strangers(),
                (Thing::Undelete, record) => {
                    record.into_iter().for_each(|record| self.edit(record, Edit::Delete));
                    self.undeletes();
                }
                (Thing::Edit(_), None) => {}
            }
            self.settle(script.fate, states).await?;
        }
        for changes in std::mem::take(&mut self.on_their_way).into_iter().rev() {
            self.deliver(&changes).await;
        }
        self.calm().await
    }

    /// What was done arrives, or not, and half a minute passes.
    async fn settle(&mut self, fate: Fate, states: &mut Vec<u64>) -> Result<(), String> {
        self.pass(Duration::from_millis(1)).await;
        let count = match fate {
            Fate::Arrives => 1,
            Fate::Twice => 2,
            Fate::Lost | Fate::Reversed => 0,
        };
        if fate != Fate::Reversed {
            for changes in std::mem::take(&mut self.on_their_way) {
                for _ in 0..count {
                    self.deliver(&changes).await;
                }
            }
        }
        for _ in 0..30 {
            self.pass(Duration::from_secs(1)).await;
            self.revive().await;
            self.is_safe()?;
            states.push(self.state());
        }
        Ok(())
    }

    /// Both sides as a number.
    fn state(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        for path in ["virtualization/virtual-machines", "virtualization/virtual-disks"] {
            for mut object in self.netbox.all(path) {
                for time in ["created", "last_updated"] {
                    object[time] = Value::Null;
                }
                object.to_string().hash(&mut hasher);
            }
        }
        for guest in self.proxmox.guests() {
            format!("{:?} {:?} {:?} {:?}", guest.vmid, guest.node, guest.power, guest.merged()).hash(&mut hasher);
        }
        hasher.finish()
    }
}
