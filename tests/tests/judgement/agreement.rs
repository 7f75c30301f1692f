//! Four eyes: a guest is destroyed once another person than the one who deleted its record agrees.

use std::time::Duration;

use netbox_proxmox_core::Policy;
use netbox_proxmox_core::live::EventState;
use netbox_proxmox_core::policy::Destroy;
use netbox_proxmox_tests::Lab;
use serde_json::json;

use crate::{catch_up, events, known, on_clusters, release, says};

fn policy() -> Policy {
    Policy { destroy: Destroy { approve: true, ..Destroy::default() }, ..Policy::default() }
}

/// A record that alice has deleted, and its guest.
async fn deleted() -> (Lab, u64, u32) {
    let lab = known(Lab::with(policy()).await).await;
    let id = lab.create(json!({"status": "active"})).await;
    let vmid = lab.vmid(id).unwrap();
    lab.delete(id).await;
    assert!(lab.proxmox.guest(vmid).unwrap().is_running(), "it is left as it is");
    (lab, id, vmid)
}

fn write(lab: &Lab, user: &str, text: &str) -> u64 {
    let id = lab.cluster().netbox_cluster.id;
    let entry = json!({"assigned_object_type": "virtualization.cluster", "assigned_object_id": id, "comments": text});
    lab.netbox.user(user).create("extras/journal-entries", entry)["id"].as_u64().unwrap()
}

fn agree(lab: &Lab, user: &str, id: u64) -> u64 {
    write(lab, user, &format!("agree to destroy {id}"))
}

async fn is_held(lab: &Lab, vmid: u32) -> bool {
    let there = lab.proxmox.guest(vmid).is_some();
    let held = !events(lab, EventState::Parked).await.is_empty();
    assert_eq!(there, held, "{:?}", lab.journal());
    held
}

#[tokio::test]
async fn another_person_agrees_in_the_journal_and_both_are_told() {
    let (lab, id, vmid) = deleted().await;
    let asked = on_clusters(&lab).pop().unwrap();
    let phrase = format!("`agree to destroy {id}`");
    says(&asked, &["by alice", &vmid.to_string(), "scsi0", "10240 MiB", &phrase, &format!("--release {id}")]);
    catch_up(&lab).await;
    assert!(is_held(&lab, vmid).await, "nobody has agreed");
    agree(&lab, "carol", id);
    catch_up(&lab).await;
    assert!(!is_held(&lab, vmid).await);
    says(&on_clusters(&lab).pop().unwrap(), &["carol agreed", &vmid.to_string(), "is destroyed"]);
    assert_eq!(on_clusters(&lab).iter().filter(|text| text.contains("is destroyed once")).count(), 1, "asked once");
}

#[tokio::test]
async fn whoever_deleted_does_not_agree_to_it_nor_does_the_bridge_itself() {
    let (lab, id, vmid) = deleted().await;
    agree(&lab, "alice", id);
    catch_up(&lab).await;
    assert!(is_held(&lab, vmid).await);
    assert!(on_clusters(&lab).iter().any(|text| text.contains("alice deleted the virtual machine; it takes another")));
    // By the bridge's own token.
    let text = format!("agree to destroy {id}");
    let cluster = lab.cluster().netbox_cluster.id;
    let body =
        json!({"assigned_object_type": "virtualization.cluster", "assigned_object_id": cluster, "comments": text});
    lab.dispatcher.bridge().netbox.post("extras/journal-entries/", &body).await.unwrap();
    catch_up(&lab).await;
    assert!(is_held(&lab, vmid).await);
    assert!(on_clusters(&lab).iter().any(|text| text.contains("this bridge's own user")), "{:?}", on_clusters(&lab));
    agree(&lab, "carol", id);
    catch_up(&lab).await;
    assert!(!is_held(&lab, vmid).await);
}

#[tokio::test]
async fn an_entry_that_somebody_else_made_say_so_agrees_to_nothing() {
    let (lab, id, vmid) = deleted().await;
    let text = format!("agree to destroy {id}");
    // Alice has carol's entry say it, and carol alice's.
    let of_carol = write(&lab, "carol", "is this one still needed?");
    lab.netbox.user("alice").update("extras/journal-entries", of_carol, json!({"comments": text}));
    let of_alice = write(&lab, "alice", &text);
    lab.netbox.user("carol").update("extras/journal-entries", of_alice, json!({"comments": format!("{text}.")}));
    catch_up(&lab).await;
    assert!(is_held(&lab, vmid).await);
    // Nor one of which the log says nothing.
    lab.netbox.shell().create(
        "extras/journal-entries",
        json!({"assigned_object_type": "virtualization.cluster", "assigned_object_id": lab.cluster().netbox_cluster.id,
            "comments": text}),
    );
    catch_up(&lab).await;
    assert!(is_held(&lab, vmid).await);
}

#[tokio::test]
async fn who_agreed_to_another_record_or_before_the_deletion_did_not_agree() {
    let lab = known(Lab::with(policy()).await).await;
    let id = lab.create(json!({"status": "active"})).await;
    let vmid = lab.vmid(id).unwrap();
    agree(&lab, "carol", id);
    lab.netbox.pass(Duration::from_secs(60));
    lab.delete(id).await;
    agree(&lab, "carol", id + 1);
    write(&lab, "carol", &format!("I do not agree to destroy {id}"));
    catch_up(&lab).await;
    assert!(is_held(&lab, vmid).await);
}

#[tokio::test]
async fn a_restart_forgets_neither_what_is_held_nor_who_agreed() {
    let (mut lab, id, vmid) = deleted().await;
    agree(&lab, "carol", id);
    let bridge = lab.dispatcher.bridge().clone();
    lab.restart(bridge).await;
    catch_up(&lab).await;
    assert!(!is_held(&lab, vmid).await);
}

#[tokio::test]
async fn a_record_that_is_there_again_keeps_its_guest_whoever_agrees() {
    let (lab, id, vmid) = deleted().await;
    lab.netbox.revert_deletion(id);
    lab.settle().await;
    agree(&lab, "carol", id);
    catch_up(&lab).await;
    assert!(lab.proxmox.guest(vmid).unwrap().is_running(), "{:?}", lab.journal());
    // Of a later deletion carol has said nothing.
    lab.netbox.pass(Duration::from_secs(60));
    lab.delete(id).await;
    catch_up(&lab).await;
    assert!(is_held(&lab, vmid).await);
}

#[tokio::test]
async fn a_person_on_the_command_line_agrees_also_where_nobody_knows_who_deleted() {
    let (lab, _, vmid) = deleted().await;
    release(&lab).await;
    assert!(!is_held(&lab, vmid).await);
    says(&on_clusters(&lab).pop().unwrap(), &["dave on the command line agreed"]);
}

#[tokio::test]
async fn nobody_is_asked_while_nothing_is_held() {
    let lab = known(Lab::with(policy()).await).await;
    lab.netbox.forget_requests();
    catch_up(&lab).await;
    let asked = lab.netbox.requests().into_iter().filter(|request| request.path.contains("journal-entries"));
    assert_eq!(asked.count(), 0);
}

#[tokio::test]
async fn who_releases_it_in_netbox_may_be_the_one_who_deleted() {
    let (lab, id, vmid) = deleted().await;
    let released = netbox_proxmox_core::live::release::of(&lab.dispatcher.bridge().inbox, &id.to_string(), None).await;
    assert!(released.unwrap().is_some());
    lab.dispatcher.wake();
    lab.dispatcher.idle().await;
    assert!(is_held(&lab, vmid).await);
}
