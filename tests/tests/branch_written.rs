//! The plan of a branch is written onto it, and after the merge what was done: between the fakes.
#![allow(clippy::unwrap_used, missing_docs)]

use std::time::Duration;

use expect_test::{Expect, expect, expect_file};
use netbox_api::client::{Branch, BranchAction};
use netbox_api::testing::Strategy;
use netbox_proxmox_core::live::branch::watch::{SETTLED, Watch};
use netbox_proxmox_core::live::setup::Options;
use netbox_proxmox_core::live::{Brake, Inbox, MemoryStore, Setup};
use netbox_proxmox_core::policy::Destroy;
use netbox_proxmox_core::{Change, Changed, EventKind, Policy};
use netbox_proxmox_tests::inside::{DISKS, Inside, MACHINES};
use netbox_proxmox_tests::{Lab, record};
use proxmox_api::testing::GuestKind;
use serde_json::{Value, json};

const BRANCHES: &str = "plugins/branching/branches";

/// A laboratory with a branch of alice's, whose plan is watched.
struct Watched {
    lab: Lab,
    watch: Watch,
    branch: u64,
    inside: Inside,
}

impl Watched {
    async fn of(lab: Lab) -> Self {
        let netbox = lab.dispatcher.bridge().netbox.clone();
        let options = Options { branching: true, ..Options::default() };
        Setup::look(&netbox, &[], &options).await.unwrap().make(|_| ()).await.unwrap();
        let made = lab.netbox.user("alice").create(BRANCHES, json!({"name": "next-week"}));
        let branch = netbox.branches().get(made["id"].as_u64().unwrap()).await.unwrap().value;
        let inside = Inside::of(&netbox, &branch);
        Self { lab, watch: Watch::default(), branch: branch.id, inside }
    }

    async fn look(&self) -> String {
        self.watch.look(self.lab.dispatcher.bridge()).await.unwrap().told
    }

    /// Looks until what is new has settled.
    async fn planned(&self) -> String {
        self.look().await;
        pass(SETTLED).await;
        self.look().await
    }

    async fn branch(&self) -> Branch {
        self.lab.dispatcher.bridge().netbox.branches().get(self.branch).await.unwrap().value
    }

    async fn field(&self, name: &str) -> String {
        let text = self.branch().await.custom_fields.text(&format!("proxmox_plan{name}"));
        text.unwrap_or_default()
    }

    /// The journal of the branch: kinds and texts.
    fn journal(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let kind = |entry: &Value| text(entry["kind"].get("value").unwrap_or(&entry["kind"]));
        let all = self.lab.netbox.journal();
        let of_it = all.iter().filter(|it| it["assigned_object_type"] == "netbox_branching.branch");
        let comments = |it: &Value| text(&it["comments"]).replace(&self.lab.netbox.url(), "http://netbox");
        of_it.map(|it| (kind(it), timeless(&comments(it)))).collect()
    }

    fn last(&self) -> (String, String) {
        self.journal().pop().unwrap_or_default()
    }

    /// The writes to NetBox since the last time.
    fn writes(&self) -> Vec<String> {
        let all = self.lab.netbox.requests();
        self.lab.netbox.forget_requests();
        let writes = all.iter().filter(|request| request.method != "GET");
        writes.map(|request| format!("{} {}", request.method, request.path)).collect()
    }

    async fn act(&self, verb: &str) {
        let branches = self.lab.dispatcher.bridge().netbox.branches();
        let job = match verb {
            "merge" => branches.merge(self.branch, BranchAction::commit()).await.unwrap(),
            _ => branches.revert(self.branch, BranchAction::commit()).await.unwrap(),
        };
        let jobs = self.lab.dispatcher.bridge().netbox.jobs();
        assert!(jobs.ended(job.id, Duration::ZERO).await.unwrap().is_completed());
    }

    /// Merges it, and lets everything be answered and told.
    async fn merge(&self) {
        self.act("merge").await;
        self.lab.settle().await;
        self.look().await;
        self.look().await;
    }
}

/// Without the time of a merge.
fn timeless(text: &str) -> String {
    match text.split_once("Merged at ") {
        Some((before, after)) => format!("{before}Merged at TIME{}", &after["2026-11-26 13:00:05".len()..]),
        None => text.to_owned(),
    }
}

async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

fn is(expected: &Expect, found: &(String, String)) {
    expected.assert_eq(&format!("[{}] {}", found.0, found.1));
}

#[tokio::test]
async fn a_plan_is_written_once_its_branch_has_settled_and_then_no_more() {
    let lab = Lab::new().await;
    let id = lab.create(json!({"memory": 1024})).await;
    let watched = Watched::of(lab).await;
    watched.inside.change(MACHINES, id, json!({"memory": 2048})).await;
    watched.writes();
    assert_eq!(watched.look().await, "1 ready, 1 of them about to be planned");
    assert_eq!(watched.writes(), [""; 0], "it may not be all yet");
    assert_eq!(watched.planned().await, "1 ready, all planned");
    let branch = format!("/api/{BRANCHES}/{}/", watched.branch);
    assert_eq!(watched.writes(), ["POST /api/extras/journal-entries/".to_owned(), format!("PATCH {branch}")]);
    assert_eq!(watched.field("").await, "planned");
    assert_eq!(watched.field("_summary").await, "+0 ~1 -0");
    let changes = watched.inside.0.get("core/object-changes/", &[]).await.unwrap().body;
    let (count, last) = (&changes["count"], changes["results"][0]["id"].as_u64().unwrap());
    let highest = changes["results"].as_array().unwrap().iter().filter_map(|it| it["id"].as_u64()).max();
    assert!(highest == Some(last) || last > 0);
    let digest = watched.field("_digest").await;
    assert_eq!(digest.split(' ').next().unwrap(), format!("{count}:{}", highest.unwrap()));
    for _ in 0..3 {
        pass(SETTLED).await;
        watched.look().await;
    }
    assert_eq!(watched.writes(), [""; 0]);
    // Nor by a process that remembers nothing.
    let (other, mut bridge) = (Watch::default(), watched.lab.dispatcher.bridge().clone());
    bridge.inbox = Inbox::new(MemoryStore::default());
    other.look(&bridge).await.unwrap();
    pass(SETTLED).await;
    assert_eq!(other.look(&bridge).await.unwrap().told, "1 ready, all planned");
    assert_eq!(watched.writes(), [""; 0]);
}

#[tokio::test]
async fn a_change_makes_the_plan_stale_and_another_entry_is_written_only_for_another_plan() {
    let lab = Lab::new().await;
    let id = lab.create(json!({"memory": 1024})).await;
    let watched = Watched::of(lab).await;
    watched.inside.change(MACHINES, id, json!({"memory": 2048})).await;
    watched.planned().await;
    let first = watched.field("_digest").await;
    watched.inside.make("extras/tags/", json!({"name": "blue", "slug": "blue"})).await;
    watched.look().await;
    assert_eq!((watched.field("").await, watched.field("_digest").await), ("stale".to_owned(), first.clone()));
    watched.planned().await;
    let second = watched.field("_digest").await;
    assert_eq!((watched.field("").await.as_str(), watched.journal().len()), ("planned", 1), "the plan is the same");
    let halves = |digest: &str| digest.split_once(' ').map(|(of, plan)| (of.to_owned(), plan.to_owned())).unwrap();
    assert_eq!(halves(&first).1, halves(&second).1);
    assert_ne!(halves(&first).0, halves(&second).0);
    watched.inside.change(MACHINES, id, json!({"memory": 4096})).await;
    watched.planned().await;
    assert_eq!(watched.journal().len(), 2);
    assert!(watched.last().1.contains("4096"), "{:?}", watched.last());
}

#[tokio::test]
async fn what_main_changes_of_it_is_planned_anew_and_all_else_is_not() {
    let lab = Lab::new().await;
    let id = lab.create(json!({"memory": 1024})).await;
    let other = lab.create(json!({"name": "other"})).await;
    let watched = Watched::of(lab).await;
    watched.inside.change(MACHINES, id, json!({"memory": 2048})).await;
    watched.planned().await;
    watched.lab.update(other, json!({"memory": 4096})).await;
    watched.lab.proxmox.clear_requests();
    watched.planned().await;
    assert_eq!(watched.lab.proxmox.requests().len(), 0, "nothing was planned");
    watched.lab.update(id, json!({"memory": 3072})).await;
    watched.planned().await;
    assert_eq!(watched.field("").await, "refused", "both sides changed it");
    assert_eq!(watched.last().0, "warning");
    assert!(watched.last().1.contains("Changed on both sides"), "{:?}", watched.last());
}

#[tokio::test]
async fn a_branch_that_cannot_be_planned_says_so_and_holds_up_no_other() {
    let lab = Lab::new().await;
    let id = lab.create(json!({"memory": 1024})).await;
    let watched = Watched::of(lab).await;
    watched.inside.change(MACHINES, id, json!({"memory": 2048})).await;
    let quiet = watched.lab.netbox.user("bob").create(BRANCHES, json!({"name": "quiet"}))["id"].as_u64().unwrap();
    watched.lab.proxmox.fault(proxmox_api::testing::Fault::permission_denied("/vms", "VM.Audit").times(u32::MAX));
    assert_eq!(watched.planned().await, "2 ready, 1 of them could not be planned");
    assert_eq!(watched.look().await, "2 ready, 1 of them could not be planned", "it rests");
    assert_eq!(watched.field("").await, "failed");
    assert!(watched.field("_summary").await.starts_with("web01: "), "{}", watched.field("_summary").await);
    assert_eq!(watched.journal().iter().filter(|(kind, _)| kind != "info").count(), 0);
    let other = watched.lab.dispatcher.bridge().netbox.branches().get(quiet).await.unwrap().value;
    assert_eq!(other.custom_fields.text("proxmox_plan").as_deref(), Some("nothing-to-do"));
    watched.lab.proxmox.clear_faults();
    pass(Duration::from_secs(60)).await;
    watched.look().await;
    assert_eq!(watched.field("").await, "planned");
}

#[tokio::test]
async fn without_the_fields_nothing_is_written_and_that_is_said() {
    let lab = Lab::new().await;
    lab.netbox.user("alice").create(BRANCHES, json!({"name": "next-week"}));
    lab.netbox.forget_requests();
    let look = Watch::default().look(lab.dispatcher.bridge()).await.unwrap();
    assert!(look.told.contains("setup --branching"), "{}", look.told);
    let asked: Vec<String> = lab.netbox.requests().into_iter().map(|request| request.path).collect();
    assert_eq!(asked, ["/api/status/", "/api/plugins/branching/branches/"]);
}

#[tokio::test]
async fn the_entry_says_what_happens_to_each_machine() {
    let lab = Lab::new().await;
    let changed = lab.create(json!({"name": "changed", "memory": 1024, "vcpus": 1})).await;
    let moved = lab.create(json!({"name": "moved"})).await;
    let stopped = lab.create(json!({"name": "stopped"})).await;
    let shrunk = lab.create(json!({"name": "shrunk"})).await;
    let deleted = lab.create(json!({"name": "deleted"})).await;
    let drifted = lab.create(json!({"name": "drifted", "memory": 1024})).await;
    let disk = lab.add_disk(shrunk, "scsi1", 5000).await;
    lab.add_disk(deleted, "scsi1", 5000).await;
    for id in [stopped, deleted] {
        lab.update(id, json!({"status": "active"})).await;
    }
    // Nobody delivers it.
    lab.netbox.update_vm(drifted, json!({"memory": 4096}));
    drop(lab.take());
    let watched = Watched::of(lab).await;
    watched.inside.change(MACHINES, changed, json!({"memory": 2048, "status": "active"})).await;
    watched.inside.change(MACHINES, moved, json!({"custom_fields": {"proxmox_node": "pve02"}})).await;
    watched.inside.change(MACHINES, stopped, json!({"status": "offline"})).await;
    watched.inside.change(DISKS, disk, json!({"size": 2000})).await;
    watched.inside.delete(MACHINES, deleted).await;
    watched.inside.make(DISKS, json!({"virtual_machine": drifted, "name": "scsi2", "size": 3000})).await;
    watched.inside.make(MACHINES, record(GuestKind::Qemu, json!({"name": "new", "vcpus": 2}))).await;
    watched.lab.update(changed, json!({"vcpus": 4, "memory": 1536})).await;
    watched.planned().await;
    expect_file!["golden/branch_plan.md"].assert_eq(&watched.last().1);
    assert_eq!(watched.field("").await, "refused");
    expect!["+1 ~4 -1, 15 GiB destroyed, 2 for people, 1 changed in main, too, 1 in conflict"]
        .assert_eq(&watched.field("_summary").await);
}

#[tokio::test]
async fn after_the_merge_it_says_what_was_done_once() {
    let lab = Lab::new().await;
    let changed = lab.create(json!({"name": "changed", "memory": 1024})).await;
    let deleted = lab.create(json!({"name": "deleted"})).await;
    let watched = Watched::of(lab).await;
    watched.inside.change(MACHINES, changed, json!({"memory": 2048})).await;
    watched.inside.delete(MACHINES, deleted).await;
    watched.inside.make(MACHINES, record(GuestKind::Qemu, json!({"name": "new", "vcpus": 2}))).await;
    watched.planned().await;
    watched.merge().await;
    is(
        &expect![
            "[success] **Merged at TIME, and done as it was planned:** 1 guest(s) made, 1 changed, 1 destroyed, 1 disk(s) with them."
        ],
        &watched.last(),
    );
    let entries = watched.journal().len();
    pass(Duration::from_secs(60)).await;
    watched.look().await;
    assert_eq!(watched.journal().len(), entries);
}

#[tokio::test]
async fn what_was_not_done_is_said_with_its_reason_and_what_was_not_planned_loudly() {
    let lab = Lab::new().await;
    let changed = lab.create(json!({"name": "changed", "memory": 1024})).await;
    let other = lab.create(json!({"name": "other", "memory": 1024})).await;
    let watched = Watched::of(lab).await;
    watched.inside.change(MACHINES, changed, json!({"memory": 2048})).await;
    watched.inside.change(MACHINES, other, json!({"memory": 2048})).await;
    watched.planned().await;
    // Between the plan and its merge an administrator makes one guest his own, and somebody changes the other's record.
    let vmid = watched.lab.vmid(changed).unwrap();
    watched.lab.proxmox.edit(vmid, |guest| guest.set("description", "mine"));
    watched.lab.netbox.update_vm(other, json!({"vcpus": 4}));
    watched.merge().await;
    expect_file!["golden/branch_merged.md"].assert_eq(&watched.last().1);
    assert_eq!(watched.last().0, "danger");
}

#[tokio::test]
async fn a_merge_of_which_nothing_is_heard_is_waited_for_and_one_that_is_made_up_for_is_told() {
    let lab = Lab::new().await;
    let id = lab.create(json!({"memory": 1024})).await;
    let _ = lab.dispatcher.catch_up(None).await.unwrap();
    let watched = Watched::of(lab).await;
    watched.inside.change(MACHINES, id, json!({"memory": 2048})).await;
    watched.planned().await;
    watched.act("merge").await;
    drop(watched.lab.take());
    let before = watched.journal().len();
    watched.look().await;
    assert_eq!(watched.journal().len(), before, "it is waited for");
    let _ = watched.lab.dispatcher.catch_up(None).await.unwrap();
    watched.lab.dispatcher.idle().await;
    watched.look().await;
    assert_eq!(watched.last().0, "success", "{:?}", watched.last());
}

#[tokio::test]
async fn a_merge_that_was_undone_is_planned_and_told_anew() {
    let lab = Lab::new().await;
    let id = lab.create(json!({"memory": 1024})).await;
    let watched = Watched::of(lab).await;
    watched.inside.change(MACHINES, id, json!({"memory": 2048})).await;
    watched.planned().await;
    for _ in 0..2 {
        watched.merge().await;
        assert_eq!(watched.last().0, "success", "{:?}", watched.journal());
        watched.act("revert").await;
        watched.lab.settle().await;
        watched.planned().await;
        assert_eq!(watched.field("").await, "planned");
    }
    let merged = watched.journal().iter().filter(|(kind, _)| kind == "success").count();
    assert_eq!(merged, 2, "{:#?}", watched.journal());
}

#[tokio::test]
async fn a_squashed_merge_is_told_like_any_other() {
    let lab = Lab::new().await;
    let id = lab.create(json!({"memory": 1024})).await;
    let watched = Watched::of(lab).await;
    watched.inside.change(MACHINES, id, json!({"memory": 2048})).await;
    watched.inside.change(MACHINES, id, json!({"memory": 4096})).await;
    let unmade = watched.inside.make(MACHINES, record(GuestKind::Qemu, json!({"name": "unmade"}))).await;
    watched.inside.delete(MACHINES, unmade).await;
    watched.planned().await;
    watched.lab.netbox.merge_branch(watched.branch, Strategy::Squash, "carol");
    watched.lab.settle().await;
    watched.look().await;
    assert_eq!(watched.last().0, "success", "{:?}", watched.last());
}

/// A branch that deletes a machine, in an hour in which a hundred were destroyed already.
async fn held() -> Watched {
    let lab = Lab::with(Policy::default()).await;
    let id = lab.create(json!({})).await;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let of_late: Vec<(String, u64)> = (0..100).map(|at| (format!("{at}@"), now)).collect();
    assert!(lab.dispatcher.bridge().inbox.replace_destroyed(&[], &of_late).await.unwrap());
    let watched = Watched::of(lab).await;
    watched.inside.delete(MACHINES, id).await;
    watched.planned().await;
    watched
}

#[tokio::test]
async fn what_another_person_agreed_to_no_brake_holds() {
    let watched = held().await;
    watched.lab.netbox.user("carol").update(
        BRANCHES,
        watched.branch,
        json!({"custom_fields": {"proxmox_plan_approved": true}}),
    );
    watched.look().await;
    watched.merge().await;
    assert_eq!(watched.lab.guests().len(), 0);
    assert_eq!(watched.last().0, "success", "{:?}", watched.last());
}

#[tokio::test]
async fn a_plan_that_another_person_agreed_to_needs_no_second_agreement_to_what_it_destroys() {
    for agreed in [false, true] {
        let lab =
            Lab::with(Policy { destroy: Destroy { approve: true, ..Destroy::default() }, ..Policy::default() }).await;
        let id = lab.create(json!({})).await;
        let watched = Watched::of(lab).await;
        watched.inside.delete(MACHINES, id).await;
        watched.planned().await;
        assert!(
            watched.last().1.contains("Held until another person agrees that they are destroyed"),
            "{:?}",
            watched.last()
        );
        if agreed {
            let approved = json!({"custom_fields": {"proxmox_plan_approved": true}});
            watched.lab.netbox.user("carol").update(BRANCHES, watched.branch, approved);
            watched.look().await;
        }
        watched.merge().await;
        assert_eq!(watched.lab.guests().len(), usize::from(!agreed), "{:?}", watched.last());
    }
}

#[tokio::test]
async fn what_somebody_else_did_beside_the_merge_nobody_agreed_to() {
    let watched = held().await;
    watched.lab.netbox.user("carol").update(
        BRANCHES,
        watched.branch,
        json!({"custom_fields": {"proxmox_plan_approved": true}}),
    );
    watched.look().await;
    watched.act("merge").await;
    let mut events = watched.lab.take();
    let mut another = events.last().unwrap().clone();
    another.key = format!("another/{}", another.key);
    let Changed::Record { before, .. } = another.change.what else { panic!("the record's deletion comes last") };
    let what = Changed::Record { before: before.clone(), after: before };
    another.change = Change { event: EventKind::Updated, request: Some("another".into()), what, ..another.change };
    events.push(another);
    let _ = watched.lab.dispatcher.accept(&events).await.unwrap();
    watched.lab.dispatcher.idle().await;
    assert_eq!(watched.lab.guests().len(), 1);
    let parked = watched.lab.dispatcher.bridge().inbox.store().events(None, 1).await.unwrap();
    assert_eq!(parked[0].brake, Some(Brake::Destroys));
}

#[tokio::test]
async fn who_owns_the_branch_agrees_to_nothing() {
    let watched = held().await;
    watched.lab.netbox.user("alice").update(
        BRANCHES,
        watched.branch,
        json!({"custom_fields": {"proxmox_plan_approved": true}}),
    );
    watched.look().await;
    assert!(watched.last().1.contains("alice's own"), "{:?}", watched.last());
    assert_ne!(watched.field("_approved").await, "true");
    watched.merge().await;
    assert_eq!(watched.lab.guests().len(), 1);
    assert!(watched.last().1.contains("held"), "{:?}", watched.last());
    let parked = watched.lab.dispatcher.bridge().inbox.store().events(None, 1).await.unwrap();
    assert_eq!(parked[0].brake, Some(Brake::Destroys));
}
