//! What the plan of a branch lists is what is done once the branch is merged: no more, no less.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use netbox_api::Client;
use netbox_api::client::{Branch, BranchAction, NewBranch};
use netbox_proxmox_core::live::branch::{BranchPlan, PlannedAnswer, Verdict, named, plan_branch};
use netbox_proxmox_core::{Action, Policy};
use netbox_proxmox_tests::{Lab, record};
use proxmox_api::testing::GuestKind;
use serde_json::{Value, json};

const MACHINES: &str = "virtualization/virtual-machines/";
const DISKS: &str = "virtualization/virtual-disks/";

/// A laboratory with a branch.
struct Branched {
    lab: Lab,
    branch: Branch,
    inside: Client,
}

impl Branched {
    async fn of(lab: Lab) -> Self {
        let client = lab.dispatcher.bridge().netbox.clone();
        let new = NewBranch { name: "next-week".into(), ..Default::default() };
        let made = client.branches().create(&new).await.unwrap().value;
        let branch = client.branches().get(made.id).await.unwrap().value;
        let inside = client.branch(&branch.schema_id).unwrap();
        Self { lab, branch, inside }
    }

    async fn make(&self, path: &str, body: Value) -> u64 {
        self.inside.post(path, &body).await.unwrap().body["id"].as_u64().unwrap()
    }

    async fn change(&self, path: &str, id: u64, body: Value) {
        self.inside.patch(&format!("{path}{id}/"), &body, None).await.unwrap();
    }

    async fn delete(&self, path: &str, id: u64) {
        self.inside.delete(&format!("{path}{id}/"), None).await.unwrap();
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
    branched.change(MACHINES, changed, json!({"memory": 2048, "status": "active"})).await;
    branched.delete(MACHINES, deleted).await;
    branched.make(DISKS, json!({"virtual_machine": grown, "name": "scsi2", "size": 3000})).await;
    let new = branched.make(MACHINES, record(GuestKind::Qemu, json!({"name": "new", "vcpus": 2}))).await;
    let unmade = branched.make(MACHINES, record(GuestKind::Qemu, json!({"name": "unmade"}))).await;
    branched.delete(MACHINES, unmade).await;

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
    branched.change(DISKS, disk, json!({"size": 2000})).await;
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
    branched.make(DISKS, json!({"virtual_machine": id, "name": "scsi2", "size": 3000})).await;
    let plan = branched.plan().await;
    assert_eq!(plan.counts().drift, 1, "{plan:#?}");
    assert!(listed(&plan).iter().all(|step| !step.contains("memory")), "{plan:#?}");
    assert!(branched.merge().await.iter().any(|step| step.contains("memory")), "main's is done as well");
}

#[tokio::test]
async fn what_both_sides_changed_is_said() {
    let lab = Lab::new().await;
    let id = lab.create(json!({"memory": 1024, "vcpus": 1})).await;
    let branched = Branched::of(lab).await;
    branched.change(MACHINES, id, json!({"memory": 2048})).await;
    branched.lab.update(id, json!({"memory": 4096, "vcpus": 2})).await;
    let plan = branched.plan().await;
    assert_eq!(plan.verdict(), Verdict::Refused);
    assert_eq!(plan.conflicts[0].fields, ["memory"]);
    assert!(plan.moved_on[0].fields.contains(&"vcpus".to_owned()), "{plan:#?}");
}

#[tokio::test]
async fn a_branch_of_other_things_has_nothing_to_do_and_one_that_is_none_is_said() {
    let branched = Branched::of(Lab::with(Policy::default()).await).await;
    branched.make("extras/tags/", json!({"name": "blue", "slug": "blue"})).await;
    let plan = branched.plan().await;
    assert_eq!((plan.verdict(), plan.records.len()), (Verdict::NothingToDo, 0));
    let bridge = branched.lab.dispatcher.bridge();
    assert_eq!(named(bridge, "next-week").await.unwrap().id, branched.branch.id);
    assert_eq!(named(bridge, &branched.branch.schema_id).await.unwrap().id, branched.branch.id);
    assert!(named(bridge, "nosuch").await.unwrap_err().why.contains("NetBox has no branch nosuch"));
}
