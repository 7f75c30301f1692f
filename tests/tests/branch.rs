//! What the plan of a branch lists is what is done once the branch is merged: no more, no less.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use netbox_api::client::{Branch, BranchAction, NewBranch};
use netbox_proxmox_core::live::branch::{BranchPlan, PlannedAnswer, Verdict, named, plan_branch};
use netbox_proxmox_core::live::{Brake, EventState};
use netbox_proxmox_core::{Action, Policy, RecordId};
use netbox_proxmox_tests::inside::{DISKS, Inside, MACHINES};
use netbox_proxmox_tests::{Lab, record};
use proxmox_api::testing::GuestKind;
use serde_json::json;

/// A laboratory with a branch.
struct Branched {
    lab: Lab,
    branch: Branch,
    inside: Inside,
}

impl Branched {
    async fn of(lab: Lab) -> Self {
        let client = lab.dispatcher.bridge().netbox.clone();
        let new = NewBranch { name: "next-week".into(), ..Default::default() };
        let made = client.branches().create(&new).await.unwrap().value;
        let branch = client.branches().get(made.id).await.unwrap().value;
        let inside = Inside::of(&client, &branch);
        Self { lab, branch, inside }
    }

    async fn plan(&self) -> BranchPlan {
        plan_branch(self.lab.dispatcher.bridge(), &self.branch).await.unwrap()
    }

    /// Merges it; gives what was done for that.
    async fn merge(&self) -> Vec<String> {
        let before = self.lab.seen.plans.lock().unwrap().len();
        let branches = self.lab.dispatcher.bridge().netbox.branches();
        let job = branches.merge(self.branch.id, BranchAction::commit()).await.unwrap();
        let jobs = self.lab.dispatcher.bridge().netbox.jobs();
        assert!(jobs.ended(job.id, Duration::ZERO).await.unwrap().is_completed());
        self.lab.settle().await;
        let plans = self.lab.seen.plans.lock().unwrap();
        steps(plans[before..].iter().flatten())
    }
}

fn steps<'a>(of: impl IntoIterator<Item = &'a Action>) -> Vec<String> {
    let mut steps: Vec<String> = of.into_iter().map(ToString::to_string).collect();
    steps.sort();
    steps
}

/// All that a plan lists.
fn listed(plan: &BranchPlan) -> Vec<String> {
    steps(plan.records.iter().flat_map(|planned| planned.steps()))
}

#[tokio::test]
async fn what_is_listed_is_what_is_done() {
    let lab = Lab::new().await;
    let changed = lab.create(json!({"name": "changed", "memory": 1024})).await;
    let deleted = lab.create(json!({"name": "deleted"})).await;
    let grown = lab.create(json!({"name": "grown"})).await;
    lab.add_disk(deleted, "scsi1", 5000).await;
    lab.update(deleted, json!({"status": "active"})).await;
    let branched = Branched::of(lab).await;
    branched.inside.change(MACHINES, changed, json!({"memory": 2048, "status": "active"})).await;
    branched.inside.delete(MACHINES, deleted).await;
    branched.inside.make(DISKS, json!({"virtual_machine": grown, "name": "scsi2", "size": 3000})).await;
    let new = branched.inside.make(MACHINES, record(GuestKind::Qemu, json!({"name": "new", "vcpus": 2}))).await;
    let unmade = branched.inside.make(MACHINES, record(GuestKind::Qemu, json!({"name": "unmade"}))).await;
    branched.inside.delete(MACHINES, unmade).await;

    let plan = branched.plan().await;
    let counts = plan.counts();
    assert_eq!((counts.created, counts.changed, counts.destroyed, counts.drift), (1, 2, 1, 0), "{plan:#?}");
    assert_eq!((counts.disks, counts.told, counts.failed), (2, 0, 0), "{plan:#?}");
    assert_eq!(plan.verdict(), Verdict::Planned, "{plan:#?}");
    let of = |id: u64| plan.records.iter().find(|planned| planned.record.0 == id).unwrap();
    assert!(matches!(of(unmade).answer, PlannedAnswer::Ignored { .. }), "{:?}", of(unmade));
    let PlannedAnswer::Plan { effects, .. } = &of(deleted).answer else { panic!("{plan:#?}") };
    assert!(effects.destroys && effects.stops && effects.loses.len() == 2, "{effects:?}");
    assert_eq!(of(new).name, "new");
    let guests = branched.lab.guests();
    assert_eq!(guests.len(), 3, "a plan does nothing");

    let done = branched.merge().await;
    assert_eq!(listed(&plan), done);
    branched.lab.must_have_applied();
    assert!(branched.lab.guest(changed).is_running() && branched.lab.guest(new).name() == Some("new"));
}

#[tokio::test]
async fn a_shrink_is_refused_before_it_is_merged() {
    let lab = Lab::new().await;
    let id = lab.create(json!({})).await;
    let disk = lab.add_disk(id, "scsi1", 5000).await;
    let branched = Branched::of(lab).await;
    branched.inside.change(DISKS, disk, json!({"size": 2000})).await;
    let plan = branched.plan().await;
    assert_eq!(plan.verdict(), Verdict::Refused, "{plan:#?}");
    assert!(plan.records[0].told()[0].text.contains("scsi1"), "{plan:#?}");
    assert_eq!(listed(&plan), branched.merge().await);
}

#[tokio::test]
async fn what_main_wants_without_the_branch_is_told_apart() {
    let lab = Lab::new().await;
    let id = lab.create(json!({"memory": 1024})).await;
    // Nobody delivers it.
    lab.netbox.update_vm(id, json!({"memory": 4096}));
    drop(lab.take());
    let branched = Branched::of(lab).await;
    branched.inside.make(DISKS, json!({"virtual_machine": id, "name": "scsi2", "size": 3000})).await;
    branched.inside.change(MACHINES, id, json!({"vcpus": 2})).await;
    let plan = branched.plan().await;
    assert_eq!(plan.counts().drift, 1, "{plan:#?}");
    assert!(listed(&plan).iter().any(|step| step.contains("cores=2")), "{plan:#?}");
    assert!(listed(&plan).iter().all(|step| !step.contains("memory")), "{plan:#?}");
    assert!(branched.merge().await.iter().any(|step| step.contains("memory")), "main's is done as well");
}

#[tokio::test]
async fn what_both_sides_changed_is_said() {
    let lab = Lab::new().await;
    let id = lab.create(json!({"memory": 1024, "vcpus": 1})).await;
    let branched = Branched::of(lab).await;
    branched.inside.change(MACHINES, id, json!({"memory": 2048})).await;
    branched.lab.update(id, json!({"memory": 4096, "vcpus": 2})).await;
    let plan = branched.plan().await;
    assert_eq!(plan.verdict(), Verdict::Refused);
    assert_eq!(plan.conflicts[0].fields, ["memory"]);
    assert!(plan.moved_on[0].fields.contains(&"vcpus".to_owned()), "{plan:#?}");
}

#[tokio::test]
async fn a_branch_of_other_things_has_nothing_to_do_and_one_that_is_none_is_said() {
    let branched = Branched::of(Lab::with(Policy::default()).await).await;
    branched.inside.make("extras/tags/", json!({"name": "blue", "slug": "blue"})).await;
    let plan = branched.plan().await;
    assert_eq!((plan.verdict(), plan.records.len()), (Verdict::NothingToDo, 0));
    let bridge = branched.lab.dispatcher.bridge();
    assert_eq!(named(bridge, "next-week").await.unwrap().id, branched.branch.id);
    assert_eq!(named(bridge, &branched.branch.schema_id).await.unwrap().id, branched.branch.id);
    let unknown = named(bridge, "nosuch").await.unwrap_err().to_string();
    assert_eq!(unknown, "NetBox has no branch nosuch; ready are next-week");
}

#[tokio::test]
async fn what_the_brakes_will_hold_is_planned() {
    let lab = Lab::new().await;
    let records = lab.pairs(1_001..=1_102);
    drop(lab.take());
    let branched = Branched::of(lab).await;
    // One was destroyed a moment ago, whatever asked for it.
    branched.lab.delete(records[0]).await;
    for record in &records[1..] {
        branched.inside.delete(MACHINES, *record).await;
    }
    let mut plan = branched.plan().await;
    let brakes = &plan.brakes;
    assert_eq!((brakes.limit, brakes.destroyed), (100, 1));
    let held: Vec<u64> = brakes.held.iter().map(|held| held.record.0).collect();
    assert_eq!((held, brakes.held.last().unwrap().brake), (records[100..].to_vec(), Brake::Destroys));
    assert_eq!((plan.counts().held, plan.counts().destroyed, plan.verdict()), (2, 101, Verdict::Refused));
    plan.brakes.approved = true;
    assert_eq!(plan.verdict(), Verdict::Planned);

    drop(branched.lab.take());
    branched.merge().await;
    assert_eq!(branched.lab.guests().len(), 2, "as many as were planned");
    let store = branched.lab.dispatcher.bridge().inbox.store();
    assert_eq!(store.events(Some(EventState::Parked), 10).await.unwrap().len(), 2);
}

#[tokio::test]
async fn of_a_netbox_that_was_restored_all_that_destroys_is_held() {
    let lab = Lab::new().await;
    let (gone, kept) = (lab.create(json!({"name": "gone"})).await, lab.create(json!({"name": "kept"})).await);
    let disk = lab.add_disk(kept, "scsi1", 5000).await;
    let branched = Branched::of(lab).await;
    branched.inside.delete(MACHINES, gone).await;
    branched.inside.delete(DISKS, disk).await;
    assert!(branched.plan().await.brakes.held.is_empty());
    let inbox = &branched.lab.dispatcher.bridge().inbox;
    inbox.put_restored(Some("its newest entry is 7, and 9 was read before")).await.unwrap();
    let plan = branched.plan().await;
    let held: Vec<(u64, Brake)> = plan.brakes.held.iter().map(|held| (held.record.0, held.brake)).collect();
    assert_eq!(held, [(gone, Brake::Restored), (kept, Brake::Restored)]);
    assert_eq!(plan.verdict(), Verdict::Refused);
    branched.merge().await;
    assert_eq!((branched.lab.guests().len(), branched.lab.guest(kept).get("scsi1").is_some()), (2, true));
}

#[tokio::test]
async fn a_branch_behind_main_is_said_until_it_is_synced() {
    let lab = Lab::new().await;
    let (both, other) = (lab.create(json!({"name": "both"})).await, lab.create(json!({"name": "other"})).await);
    let branched = Branched::of(lab).await;
    branched.inside.change(MACHINES, both, json!({"memory": 2048})).await;
    assert_eq!((branched.plan().await.behind.changes, branched.plan().await.verdict()), (0, Verdict::Planned));
    branched.lab.update(other, json!({"vcpus": 2})).await;
    let plan = branched.plan().await;
    assert_eq!((plan.behind.changes, plan.behind.records.as_slice()), (1, [].as_slice()));
    assert_eq!(plan.verdict(), Verdict::Planned, "of what the branch changes nothing");
    // What belongs to the record is the record's: the branch does not show the disk.
    branched.lab.add_disk(both, "scsi1", 5000).await;
    let plan = branched.plan().await;
    assert_eq!(plan.behind.records, [RecordId(both)]);
    assert_eq!(plan.verdict(), Verdict::Refused);

    let branches = branched.lab.dispatcher.bridge().netbox.branches();
    branches.sync(branched.branch.id, BranchAction::commit()).await.unwrap();
    let synced = Branched { branch: branches.get(branched.branch.id).await.unwrap().value, ..branched };
    let plan = synced.plan().await;
    assert_eq!((plan.behind.changes, plan.verdict()), (0, Verdict::Planned), "{plan:#?}");
    assert_eq!(listed(&plan), synced.merge().await);
}

#[tokio::test]
async fn who_made_a_record_is_known_from_before_the_branch() {
    // Alice made it, and within the branch an importer changes it.
    let policy = Policy { importers: vec!["admin".into()], ..Policy::default() };
    let lab = Lab::with(policy).await;
    let id = lab.create(json!({"status": "planned"})).await;
    let branched = Branched::of(lab).await;
    branched.inside.change(MACHINES, id, json!({"status": "staged"})).await;
    drop(branched.lab.take());
    let plan = branched.plan().await;
    assert_eq!(plan.counts().created, 1, "{plan:#?}");
    assert_eq!(listed(&plan), branched.merge().await);
}

#[tokio::test]
async fn how_a_plan_differs_from_an_earlier_one() {
    let lab = Lab::new().await;
    let ids = [lab.create(json!({"name": "kept"})).await, lab.create(json!({"name": "more"})).await];
    let branched = Branched::of(lab).await;
    for id in ids {
        branched.inside.change(MACHINES, id, json!({"memory": 2048})).await;
    }
    let earlier = branched.plan().await;
    assert!(branched.plan().await.difference(&earlier).is_empty());
    branched.inside.change(MACHINES, ids[1], json!({"memory": 4096})).await;
    let difference = branched.plan().await.difference(&earlier);
    let [more] = difference.records.as_slice() else { panic!("{difference:#?}") };
    assert_eq!((more.name.as_str(), more.steps.gone.len(), more.steps.new.len()), ("more", 1, 1));
    assert!(more.steps.new[0].to_string().contains("memory=4096"), "{difference:#?}");
    // The other way round: something is not planned any more.
    let back = earlier.difference(&BranchPlan { records: Vec::new(), ..earlier.clone() });
    assert_eq!((back.records.len(), back.records[0].steps.gone.len()), (2, 0));
    let lost = BranchPlan { records: Vec::new(), ..earlier.clone() }.difference(&earlier);
    assert_eq!((lost.records.len(), lost.records[0].steps.new.len()), (2, 0));
}

/// How often a plan asks either side, with so many machines in both of which the branch changes four.
async fn asks(machines: u32) -> (usize, usize) {
    let lab = Lab::new().await;
    let records = lab.pairs(1_000..=999 + machines);
    drop(lab.take());
    let branched = Branched::of(lab).await;
    branched.inside.change(MACHINES, records[0], json!({"memory": 2048, "status": "active"})).await;
    branched.inside.make(DISKS, json!({"virtual_machine": records[1], "name": "scsi1", "size": 3000})).await;
    branched.inside.delete(MACHINES, records[2]).await;
    branched.inside.make(MACHINES, record(GuestKind::Qemu, json!({"name": "new"}))).await;
    branched.lab.netbox.forget_requests();
    let before = branched.lab.proxmox.requests().len();
    let plan = branched.plan().await;
    assert_eq!((plan.records.len(), plan.counts().failed), (4, 0), "{plan:#?}");
    let of_proxmox = branched.lab.proxmox.requests().split_off(before);
    let others = of_proxmox.iter().filter(|it| (1_003..2_000).any(|vmid| it.path.contains(&format!("/{vmid}"))));
    assert_eq!(others.count(), 0, "of guests that the branch does not touch nothing is asked");
    let listings = of_proxmox.iter().filter(|it| it.path == "/cluster/resources");
    assert_eq!(listings.count(), 1, "of many guests it is megabytes");
    (branched.lab.netbox.requests().len(), of_proxmox.len())
}

#[tokio::test]
async fn a_plan_asks_no_more_however_many_machines_there_are() {
    let few = asks(5).await;
    assert_eq!(few, asks(300).await);
    assert!(few.0 > 0 && few.1 > 0, "{few:?}");
}
