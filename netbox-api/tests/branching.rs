//! Branches of netbox-branching, by the client and the fake: what is changed in one, and what a sync, a merge and a revert make of it.
#![cfg(all(feature = "client", feature = "testing"))]
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use netbox_api::client::*;
use netbox_api::testing::{BranchMark, FakeNetBox, Strategy};
use netbox_api::{Client, ErrorKind, Item};
use serde_json::json;

struct Lab {
    netbox: FakeNetBox,
    client: Client,
    branch: Branch,
    inside: Client,
}

impl Lab {
    /// A machine 1 with an address and a disk, and a branch of that.
    async fn start() -> Self {
        let netbox = FakeNetBox::builder().cluster("pve-cluster-1").start().await;
        netbox.hold();
        netbox.webhook("http://127.0.0.1:9/", None);
        netbox.create_vm(json!({"name": "keep01", "memory": 1024, "comments": "a"}));
        netbox.create_vm(json!({"name": "gone01"}));
        let alice = netbox.user("alice");
        alice.create_disk(json!({"virtual_machine": 2, "name": "scsi0", "size": 1000}));
        alice.give_address(2, "198.51.100.7/24");
        let client =
            Client::builder(netbox.url()).transport(netbox.transport()).token(netbox.token().into()).build().unwrap();
        let new = NewBranch { name: "next-week".into(), ..Default::default() };
        let made = client.branches().create(&new).await.unwrap().value;
        assert_eq!(made.status.unwrap(), "new");
        let branch = client.branches().get(made.id).await.unwrap().value;
        assert!(branch.is_ready(), "{branch:?}");
        let inside = client.branch(&branch.schema_id).unwrap();
        Self { netbox, client, branch, inside }
    }

    fn mark(&self) -> usize {
        self.netbox.deliveries().len()
    }

    /// Event and object of each delivery since, and how its request is told.
    fn delivered(&self, since: usize) -> Vec<String> {
        let made = self.netbox.deliveries();
        made[since..].iter().map(|delivery| format!("{} {}", delivery.what(), delivery.json()["data"]["id"])).collect()
    }

    async fn change(&self) -> (u64, Vec<String>) {
        let new =
            NewVirtualMachine { name: "new01".into(), cluster: Some(1), memory: Some(2048), ..Default::default() };
        let made = self.inside.virtual_machines().create(&new).await.unwrap();
        let patch = VirtualMachinePatch { memory: 4096.into(), ..Default::default() };
        let changed = self.inside.virtual_machines().update(1, &patch, None).await.unwrap();
        let deleted = self.inside.virtual_machines().delete(2, None).await.unwrap();
        (made.value.id, [made.request_id, changed.request_id, deleted].into_iter().flatten().collect())
    }

    async fn memory(&self, client: &Client, id: u64) -> Option<u64> {
        client.virtual_machines().get(id).await.unwrap().value.memory
    }

    async fn done(&self, job: Job) -> Job {
        assert!(!job.has_ended(), "{job:?}");
        self.client.jobs().ended(job.id, Duration::ZERO).await.unwrap()
    }
}

#[tokio::test]
async fn a_branch_is_another_view_of_the_same_netbox() {
    let lab = Lab::start().await;
    let (new, requests) = lab.change().await;
    assert_eq!((lab.memory(&lab.inside, 1).await, lab.memory(&lab.client, 1).await), (Some(4096), Some(1024)));
    assert!(lab.client.virtual_machines().get(new).await.unwrap_err().is_not_found());
    assert!(lab.inside.virtual_machines().get(2).await.unwrap_err().is_not_found());
    // The branch's log has its own entries only.
    let entries = lab.inside.object_changes().all(&ObjectChangeFilter::default()).await.unwrap();
    assert!(entries.len() >= 3 && entries.iter().all(|entry| requests.contains(&entry.request_id)), "{entries:?}");
    let filter = BranchChangeFilter { branch_id: vec![lab.branch.id], ..Default::default() };
    let changes = lab.client.branch_changes().all(&filter).await.unwrap();
    let told: Vec<_> =
        changes.iter().map(|of| (of.action.as_ref().unwrap().as_str(), of.object_repr.as_str())).collect();
    assert!(told.starts_with(&[("create", "new01"), ("update", "keep01")]), "{told:?}");
    assert!(told.contains(&("delete", "gone01")) && told.contains(&("delete", "scsi0")), "{told:?}");
    assert_eq!(changes[1].original_data.as_ref().unwrap().integer("memory"), Some(1024));
    assert_eq!(changes[1].modified_data.as_ref().unwrap().integer("memory"), Some(4096));
    assert_eq!(changes[0].original_data, None);
}

#[tokio::test]
async fn a_branch_that_is_none_or_not_ready_is_said() {
    let lab = Lab::start().await;
    let error = lab.client.branch("nosuch99").unwrap().virtual_machines().get(1).await.unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Branch, "Invalid branch identifier"));
    lab.done(lab.client.branches().merge(lab.branch.id, BranchAction::commit()).await.unwrap()).await;
    let error = lab.inside.virtual_machines().get(1).await.unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Branch, "Selected branch is not ready."));
    assert_eq!(lab.client.branch("").unwrap_err().kind(), ErrorKind::Config);
    lab.inside.status().await.unwrap();
}

#[tokio::test]
async fn a_merge_does_all_again_with_the_same_ids_and_a_revert_undoes_it() {
    let lab = Lab::start().await;
    let (new, requests) = lab.change().await;
    let since = lab.mark();
    let dry = lab.client.branches().merge(lab.branch.id, BranchAction::dry_run()).await.unwrap();
    assert!(lab.done(dry).await.is_completed());
    assert_eq!(lab.delivered(since), Vec::<String>::new(), "a dry run tells nobody");
    let merge = lab.client.branches().merge(lab.branch.id, BranchAction::commit()).await.unwrap();
    assert!(lab.done(merge).await.is_completed());
    let told = lab.delivered(since);
    assert_eq!(told[..2], [format!("virtualmachine-created {new}"), "virtualmachine-updated 1".to_owned()]);
    assert!(
        told.contains(&"virtualmachine-deleted 2".to_owned()) && told.contains(&"virtualdisk-deleted 1".to_owned())
    );
    let made = lab.netbox.deliveries();
    let told: Vec<_> = made[since..].iter().map(|delivery| delivery.json()["request"].clone()).collect();
    assert!(
        told.iter().all(|request| (&request["path"], &request["method"]) == (&json!("/"), &json!("GET"))),
        "{told:?}"
    );
    assert!(told.iter().all(|request| requests.contains(&request["id"].as_str().unwrap().to_owned())), "{told:?}");
    assert_eq!((lab.memory(&lab.client, 1).await, lab.memory(&lab.client, new).await), (Some(4096), Some(2048)));
    assert!(lab.client.virtual_machines().get(2).await.unwrap_err().is_not_found());
    let merged = lab.client.branches().get(lab.branch.id).await.unwrap().value;
    assert_eq!((merged.status.unwrap().as_str(), merged.merged_time.is_some()), ("merged", true));

    // What was hung on a merged machine meanwhile goes with it.
    lab.netbox.user("alice").create_disk(json!({"virtual_machine": new, "name": "scsi0", "size": 1000}));
    let since = lab.mark();
    let revert = lab.client.branches().revert(lab.branch.id, BranchAction::commit()).await.unwrap();
    assert!(lab.done(revert).await.is_completed());
    assert_eq!(lab.memory(&lab.client, 1).await, Some(1024));
    assert!(lab.client.virtual_machines().get(new).await.unwrap_err().is_not_found());
    let back = lab.client.virtual_machines().get(2).await.unwrap().value;
    assert_eq!((back.name.as_str(), back.primary_ip4.unwrap().address.as_str()), ("gone01", "198.51.100.7/24"));
    assert!(lab.delivered(since).contains(&"virtualdisk-deleted 2".to_owned()), "{:?}", lab.delivered(since));
    assert!(lab.client.branches().get(lab.branch.id).await.unwrap().value.is_ready(), "to be merged again");
}

#[tokio::test]
async fn what_both_sides_changed_must_be_acknowledged() {
    let lab = Lab::start().await;
    lab.change().await;
    lab.netbox.update_vm(1, json!({"memory": 2048, "comments": "main"}));
    let branches = lab.client.branches();
    for action in [BranchAction::commit(), BranchAction::dry_run()] {
        for error in [branches.merge(lab.branch.id, action).await, branches.sync(lab.branch.id, action).await] {
            let error = error.unwrap_err();
            assert_eq!((error.kind(), error.items().len()), (ErrorKind::Conflict, 1), "{error}");
            assert_eq!(error.items()[0].item, Item::Id(1));
            assert_eq!(error.items()[0].to_string(), "memory: was 1024, is 4096 in the branch and 2048 in main");
        }
    }
    let filter = BranchChangeFilter { has_conflicts: vec![true], ..Default::default() };
    assert_eq!(lab.client.branch_changes().all(&filter).await.unwrap()[0].conflicts, ["memory"]);
    // A sync lets main win, silently.
    let since = lab.mark();
    lab.done(branches.sync(lab.branch.id, BranchAction::commit().acknowledge_conflicts()).await.unwrap()).await;
    assert_eq!((lab.memory(&lab.inside, 1).await, lab.delivered(since).len()), (Some(2048), 0));
    lab.done(branches.merge(lab.branch.id, BranchAction::commit()).await.unwrap()).await;
    assert_eq!(lab.memory(&lab.client, 1).await, Some(2048));
}

#[tokio::test]
async fn custom_fields_are_in_conflict_as_a_whole_and_merged_one_by_one() {
    let lab = Lab::start().await;
    let set = |name: &str, value: &str| json!({"custom_fields": {name: value}});
    lab.inside
        .patch("virtualization/virtual-machines/1/", &set("proxmox_public_ssh_key", "ssh-ed25519 AAAA"), None)
        .await
        .unwrap();
    lab.netbox.update_vm(1, set("proxmox_vmid", "104"));
    // Of what is deleted all that main has changed since.
    lab.inside.virtual_machines().delete(2, None).await.unwrap();
    lab.netbox.update_vm(2, json!({"comments": "main"}));
    let conflicts = BranchChangeFilter { has_conflicts: vec![true], ..Default::default() };
    let rows: Vec<BranchChange> = lab.client.branch_changes().all(&conflicts).await.unwrap();
    let found = |id| {
        &rows.iter().find(|row| row.object_id == Some(id) && row.object_type.ends_with("machine")).unwrap().conflicts
    };
    assert_eq!((found(1), found(2)), (&vec!["custom_fields".to_owned()], &vec!["comments".to_owned()]));
    lab.done(lab.client.branches().merge(lab.branch.id, BranchAction::commit().acknowledge_conflicts()).await.unwrap())
        .await;
    let fields = &lab.netbox.vm(1).unwrap()["custom_fields"];
    assert_eq!(
        (&fields["proxmox_public_ssh_key"], &fields["proxmox_vmid"]),
        (&json!("ssh-ed25519 AAAA"), &json!("104"))
    );
}

/// The order is that of a recording: disks of what goes, changes, what is made, addresses, what goes.
#[tokio::test]
async fn a_squash_tells_each_object_once_by_whoever_merges() {
    let lab = Lab::start().await;
    let (new, _) = lab.change().await;
    let gone = NewVirtualMachine { name: "never".into(), cluster: Some(1), ..Default::default() };
    let gone = lab.inside.virtual_machines().create(&gone).await.unwrap().value.id;
    lab.inside.virtual_machines().delete(gone, None).await.unwrap();
    let patch = VirtualMachinePatch { comments: "twice".into(), ..Default::default() };
    let last = lab.inside.virtual_machines().update(1, &patch, None).await.unwrap().request_id;
    let since = lab.mark();
    lab.netbox.merge_branch(lab.branch.id, Strategy::Squash, "bob");
    assert_eq!(
        lab.delivered(since),
        [
            "virtualdisk-deleted 1",
            "virtualmachine-updated 1",
            "virtualmachine-updated 2",
            &format!("virtualmachine-created {new}"),
            "ipaddress-deleted 1",
            "vminterface-deleted 1",
            "virtualmachine-deleted 2",
        ]
    );
    let told = lab.netbox.deliveries()[since + 1].json();
    assert_eq!((&told["request"]["user"], &told["request"]["id"]), (&json!("bob"), &json!(last)));
}

#[tokio::test]
async fn deliveries_in_a_branch_are_unmarked_unless_the_plugin_is_set_up_for_it() {
    let lab = Lab::start().await;
    let patch = VirtualMachinePatch { memory: 4096.into(), ..Default::default() };
    lab.inside.virtual_machines().update(1, &patch, None).await.unwrap();
    assert_eq!(lab.netbox.deliveries().pop().unwrap().json()["data"].get("active_branch"), None);
    lab.netbox.mark_branches(BranchMark::Data);
    lab.inside.virtual_machines().update(1, &patch, None).await.unwrap();
    let told = lab.netbox.deliveries().pop().unwrap().json();
    let branch = json!({"id": lab.branch.id, "name": "next-week", "schema_id": lab.branch.schema_id});
    assert_eq!(told["data"]["active_branch"], branch);
}

/// Seen on netbox-branching 1.2.2: the revert fails, and nothing is sent.
#[tokio::test]
async fn a_machine_with_a_primary_mac_address_does_not_come_back() {
    let lab = Lab::start().await;
    let interface = json!({"virtual_machine": 1, "name": "net0", "mac_address": "BC:24:11:00:00:01"});
    lab.netbox.user("alice").create_interface(interface);
    lab.done(lab.client.branches().sync(lab.branch.id, BranchAction::commit()).await.unwrap()).await;
    lab.inside.virtual_machines().delete(1, None).await.unwrap();
    lab.done(lab.client.branches().merge(lab.branch.id, BranchAction::commit()).await.unwrap()).await;
    let since = lab.mark();
    let job = lab.done(lab.client.branches().revert(lab.branch.id, BranchAction::commit()).await.unwrap()).await;
    assert!(!job.is_completed() && job.error.contains("MACAddress matching query does not exist"), "{job:?}");
    assert_eq!(lab.delivered(since).len(), 0);
    assert_eq!(lab.client.branches().get(lab.branch.id).await.unwrap().value.status.unwrap(), "merged");
    lab.client.branches().archive(lab.branch.id).await.unwrap();
}
