//! What a merge will do, as data: for people, for a gate, and for comparing it with what happened.

use proxmox_api::{DiskSlot, MiB, PowerState};
use serde::{Deserialize, Serialize};

use super::{Behind, Brakes, Overlap};
use crate::action::Action;
use crate::current::{Current, CurrentDisk};
use crate::event::Event;
use crate::guest::RecordId;
use crate::part::Part;
use crate::report::Report;

/// What merging a branch will do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BranchPlan {
    /// The branch's id.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// What it is known by in requests.
    pub schema_id: String,
    /// Of what the plan was made.
    pub digest: Digest,
    /// What happens to each record that the branch changes, in the order of its first change.
    pub records: Vec<Planned>,
    /// What both sides changed, so that NetBox does not merge it unasked.
    pub conflicts: Vec<Overlap>,
    /// What main has changed since the branch had it, beside other parts that the branch changes.
    pub moved_on: Vec<Overlap>,
    /// How far the branch is behind main.
    #[serde(default)]
    pub behind: Behind,
    /// What will wait for a person.
    #[serde(default)]
    pub brakes: Brakes,
}

/// Of what a plan was made: with another one it is stale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    /// The branch's changes: how many there are, and the last one's id, `14:63`.
    pub branch: String,
    /// The last entry of main's change log, if the token may read it.
    pub main: Option<u64>,
}

/// What happens to a record's guest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    /// The record.
    pub record: RecordId,
    /// Its name.
    pub name: String,
    /// What happens.
    #[serde(flatten)]
    pub answer: PlannedAnswer,
    /// What the guest is now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<Box<Current>>,
}

/// How the changes of a record will be answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "kebab-case")]
pub enum PlannedAnswer {
    /// With these steps.
    Plan {
        /// All of them; none: nothing has to be done.
        plan: Vec<Action>,
        /// Those among them that main wants without the branch.
        drift: Vec<Action>,
        /// What they mean for the guest.
        effects: Effects,
    },
    /// It is certain that they concern nothing of ours.
    Ignored {
        /// Why.
        why: String,
    },
    /// They cannot be judged, and will wait for a person.
    Parked {
        /// What that person will be told.
        reports: Vec<Report>,
    },
    /// Nobody can say yet: a side could not be read.
    Failed {
        /// Why.
        why: String,
    },
}

/// What a plan means for a guest, beyond its steps.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Effects {
    /// A guest is made.
    pub creates: bool,
    /// The guest is destroyed.
    pub destroys: bool,
    /// It runs now, and will be stopped.
    pub stops: bool,
    /// It goes to another node.
    pub moves: bool,
    /// The disks that are destroyed.
    pub loses: Vec<LostDisk>,
}

/// A disk that will be destroyed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LostDisk {
    /// Where it is attached.
    pub slot: DiskSlot,
    /// The volume.
    pub volume: String,
    /// Its size, if Proxmox says it.
    pub size: Option<MiB>,
}

impl Effects {
    /// What the plan of an event means.
    pub(super) fn of(event: &Event, plan: &[Action]) -> Self {
        let mut effects = Self { creates: plan.iter().any(Action::creates), ..Self::default() };
        let current = event.current.as_ref();
        let runs = current.is_some_and(|current| current.power == Part::Given(PowerState::Running));
        let disks = current.and_then(|current| current.disks.given());
        let mut lose = |lost: &dyn Fn(&DiskSlot, &CurrentDisk) -> bool| {
            let of_guest = disks.into_iter().flatten().filter(|(slot, disk)| lost(slot, disk));
            effects.loses.extend(of_guest.map(|(slot, disk)| LostDisk {
                slot: *slot,
                volume: disk.volume.clone(),
                size: disk.size,
            }));
        };
        for action in plan {
            match action {
                Action::Destroy { .. } => lose(&|_, _| true),
                Action::RemoveDisk { slot, .. } => lose(&|its, _| its == slot),
                _ => {}
            }
        }
        effects.destroys = plan.iter().any(|action| matches!(action, Action::Destroy { .. }));
        effects.moves = plan.iter().any(|action| matches!(action, Action::Migrate { .. }));
        let ends = |action: &Action| {
            matches!(action, Action::Destroy { .. } | Action::Shutdown { .. } | Action::Suspend { .. })
        };
        effects.stops = runs && plan.iter().any(ends);
        effects
    }
}

impl Planned {
    /// The steps that the branch is the reason of.
    pub fn steps(&self) -> Vec<&Action> {
        match &self.answer {
            PlannedAnswer::Plan { plan, drift, .. } => plan.iter().filter(|action| !drift.contains(action)).collect(),
            _ => Vec::new(),
        }
    }

    /// What will only be told to a person.
    pub fn told(&self) -> Vec<&Report> {
        match &self.answer {
            PlannedAnswer::Parked { reports } => reports.iter().collect(),
            _ => self.steps().into_iter().filter_map(for_a_person).collect(),
        }
    }

    fn effects(&self) -> Effects {
        match &self.answer {
            PlannedAnswer::Plan { effects, .. } => effects.clone(),
            _ => Effects::default(),
        }
    }
}

/// What a step tells a person that is no news of what went well.
fn for_a_person(step: &Action) -> Option<&Report> {
    match step {
        Action::Report(report) => Some(report).filter(|report| report.is_for_a_person()),
        _ => None,
    }
}

/// How many of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Guests that are made.
    pub created: usize,
    /// Guests that are changed.
    pub changed: usize,
    /// Guests that are destroyed.
    pub destroyed: usize,
    /// Disks that are destroyed, those of destroyed guests among them.
    pub disks: usize,
    /// Their sizes together.
    pub lost: MiB,
    /// Texts that people will be told, of what cannot be done or judged among them.
    pub told: usize,
    /// Records that a brake will hold.
    pub held: usize,
    /// Records that nothing can be said of yet.
    pub failed: usize,
    /// Steps that main wants without the branch.
    pub drift: usize,
}

/// How a plan stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// All of it will be done.
    Planned,
    /// It changes no guest, and there is nothing to tell.
    NothingToDo,
    /// Something of it will not be done, or not be merged, unasked, or main has moved on in what the branch changes.
    Refused,
    /// Nothing certain can be said yet.
    Failed,
}

impl BranchPlan {
    /// How many of what.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts { held: self.brakes.held.len(), ..Counts::default() };
        for planned in &self.records {
            let effects = planned.effects();
            let acts = planned.steps().iter().any(|step| !matches!(step, Action::Report(_)));
            counts.created += usize::from(effects.creates);
            counts.destroyed += usize::from(effects.destroys);
            counts.changed += usize::from(acts && !effects.creates && !effects.destroys);
            counts.disks += effects.loses.len();
            counts.lost.0 += effects.loses.iter().filter_map(|disk| disk.size).map(|size| size.0).sum::<u64>();
            counts.told += planned.told().len();
            counts.failed += usize::from(matches!(planned.answer, PlannedAnswer::Failed { .. }));
            if let PlannedAnswer::Plan { drift, .. } = &planned.answer {
                counts.drift += drift.len();
            }
        }
        counts
    }

    /// How it stands.
    pub fn verdict(&self) -> Verdict {
        let Counts { created, changed, destroyed, told, failed, held, .. } = self.counts();
        let waits = held > 0 && !self.brakes.approved;
        match () {
            () if failed > 0 => Verdict::Failed,
            () if waits || told > 0 || !self.conflicts.is_empty() || !self.behind.records.is_empty() => {
                Verdict::Refused
            }
            () if created + changed + destroyed > 0 => Verdict::Planned,
            () => Verdict::NothingToDo,
        }
    }
}
