//! A cluster is known by its id in NetBox: renames, two of a name, and records that leave for one that is none of ours.

use netbox_api::testing::FakeNetBox;
use netbox_proxmox_core::live::{EventState, Inbox, MemoryStore, clusters};
use netbox_proxmox_core::{FailureKind, Policy};
use netbox_proxmox_tests::{CLUSTER, KINDS, Lab, netbox_of, proxmox};
use proxmox_api::testing::{GuestKind, Power};
use serde_json::json;

use crate::{catch_up, events, known, lab, on_clusters, says};

fn client(netbox: &FakeNetBox) -> netbox_api::Client {
    netbox_api::Client::builder(netbox.url()).token(netbox.token().into()).build().unwrap()
}

#[tokio::test]
async fn a_cluster_that_is_renamed_is_followed_and_that_is_said_once() {
    let lab = lab().await;
    let id = lab.create(json!({"status": "active"})).await;
    lab.netbox.rename_cluster(1, "production");
    lab.update(id, json!({"status": "offline"})).await;
    assert_eq!(lab.guest(id).power, Power::Stopped);
    for _ in 0..2 {
        catch_up(&lab).await;
        assert!(lab.dispatcher.troubles().is_empty(), "{:?}", lab.dispatcher.troubles());
    }
    let told = on_clusters(&lab);
    assert_eq!(told.len(), 1, "{told:?}");
    says(&told[0], &["production", CLUSTER, "NETBOX_CLUSTER"]);
    lab.dispatcher.reconcile(2).await.unwrap();
    lab.delete(id).await;
    assert!(lab.guests().is_empty());
}

#[tokio::test]
async fn a_cluster_that_was_renamed_while_nobody_looked_is_found_again_by_its_id() {
    let netbox = netbox_of(&[CLUSTER]).await;
    let (client, inbox) = (client(&netbox), Inbox::new(MemoryStore::default()));
    let first = clusters::resolve(&client, &inbox, CLUSTER).await.unwrap();
    assert_eq!((first.cluster.id, first.renamed_from), (1, None));
    netbox.rename_cluster(1, "production");
    let later = clusters::resolve(&client, &inbox, CLUSTER).await.unwrap();
    assert_eq!((later.cluster.id, later.cluster.name.as_str()), (1, "production"));
    assert_eq!(later.renamed_from.as_deref(), Some(CLUSTER));
    clusters::followed(&inbox, CLUSTER, &later.cluster).await.unwrap();
    assert_eq!(clusters::resolve(&client, &inbox, CLUSTER).await.unwrap().renamed_from, None);
    // Nobody who comes anew knows it by its former name.
    let failure = clusters::resolve(&client, &Inbox::new(MemoryStore::default()), CLUSTER).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Refused);
    says(&failure.why, &["no cluster called pve-cluster-1", "NETBOX_CLUSTER"]);
    let by_id = clusters::resolve(&client, &Inbox::new(MemoryStore::default()), "1").await.unwrap();
    assert_eq!(by_id.cluster.name, "production");
}

#[tokio::test]
async fn a_name_that_two_clusters_have_is_refused_and_an_id_is_not() {
    let netbox = FakeNetBox::builder().token("nbt_labkey000000.lab-secret");
    let netbox = netbox.cluster_in_site("prod", "Vienna").cluster_in_site("prod", "Graz").start().await;
    let (client, inbox) = (client(&netbox), Inbox::new(MemoryStore::default()));
    let failure = clusters::resolve(&client, &inbox, "prod").await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Refused);
    says(&failure.why, &["2 clusters called prod", "ids", "NETBOX_CLUSTER"]);
    let ids: Vec<u64> = netbox.all("virtualization/clusters").iter().map(|it| it["id"].as_u64().unwrap()).collect();
    let one = clusters::resolve(&client, &inbox, &ids[1].to_string()).await.unwrap();
    assert_eq!(one.cluster.id, ids[1]);
}

#[tokio::test]
async fn the_records_of_another_cluster_of_the_same_name_are_none_of_ours() {
    let netbox = FakeNetBox::builder().token("nbt_labkey000000.lab-secret");
    let netbox = netbox.cluster_in_site(CLUSTER, "Vienna").cluster_in_site(CLUSTER, "Graz").start().await;
    netbox.hold();
    netbox.webhook("http://127.0.0.1:9/webhook", Some("hook"));
    let ids: Vec<u64> = netbox.all("virtualization/clusters").iter().map(|it| it["id"].as_u64().unwrap()).collect();
    // The first of that name is ours.
    let lab = known(Lab::between(netbox, proxmox().await, Policy::default())).await;
    let ours = lab.create(json!({"cluster": ids[0]})).await;
    let vmid = lab.vmid(ours).unwrap();
    let custom = json!({"proxmox_vmid": vmid.to_string()});
    let theirs = lab.create(json!({"name": "db01", "cluster": ids[1], "custom_fields": custom})).await;
    lab.update(theirs, json!({"status": "active"})).await;
    lab.delete(theirs).await;
    catch_up(&lab).await;
    lab.dispatcher.reconcile(2).await.unwrap();
    assert_eq!((lab.guests(), lab.guest(ours).power), (vec![vmid], Power::Stopped));
    assert!(lab.journal().is_empty(), "{:?}", lab.journal());
}

#[tokio::test]
async fn a_cluster_that_is_gone_or_another_one_is_trouble() {
    let netbox = netbox_of(&[CLUSTER]).await;
    let (client, inbox) = (client(&netbox), Inbox::new(MemoryStore::default()));
    let dump = netbox.dump();
    netbox.user("alice").create("virtualization/clusters", json!({"name": "second", "type": 1}));
    let second = clusters::resolve(&client, &inbox, "second").await.unwrap().cluster;
    // Its id comes again, with another one of the same name.
    netbox.restore(&dump);
    let failure = clusters::resolve(&client, &inbox, "second").await.unwrap_err();
    says(&failure.why, &["no longer has cluster second", "NETBOX_CLUSTER"]);
    netbox.user("alice").create("virtualization/clusters", json!({"name": "second", "type": 1}));
    let failure = clusters::resolve(&client, &inbox, "second").await.unwrap_err();
    says(&failure.why, &[&format!("id {}", second.id)]);
}

/// A record whose guest runs, moved to a cluster that is none of ours, or taken from what makes it managed.
async fn left(kind: GuestKind, fields: serde_json::Value) -> (Lab, u64, u32) {
    let netbox = netbox_of(&[CLUSTER, "vmware"]).await;
    let lab = known(Lab::between(netbox, proxmox().await, Policy::default())).await;
    let id = lab.create_of(kind, json!({"name": "shop", "status": "active"})).await;
    let vmid = lab.vmid(id).unwrap();
    lab.proxmox.clear_requests();
    lab.update(id, fields).await;
    (lab, id, vmid)
}

#[tokio::test]
async fn a_record_that_is_not_managed_any_more_is_said_then_and_when_it_is_deleted_and_its_guest_is_kept() {
    let ways = [
        (json!({"cluster": {"name": "vmware"}}), "cluster vmware now, which is none of ours", "cluster vmware"),
        (json!({"custom_fields": {"proxmox_vm_type": null}}), "proxmox_vm_type is not set any more", "proxmox_vm_type"),
    ];
    for (kind, (fields, words, later)) in KINDS.into_iter().flat_map(|kind| ways.clone().map(|way| (kind, way))) {
        let (lab, id, vmid) = left(kind, fields).await;
        let journal = lab.journal();
        assert_eq!(journal.len(), 1, "{kind:?}: {journal:?}");
        says(&journal[0], &["shop", words, &vmid.to_string(), CLUSTER, "left as it is"]);
        lab.update(id, json!({"status": "offline"})).await;
        lab.dispatcher.reconcile(2).await.unwrap();
        lab.dispatcher.idle().await;
        lab.delete(id).await;
        assert_eq!(lab.proxmox.guest(vmid).unwrap().power, Power::Running, "{kind:?}");
        assert!(lab.proxmox.writes().is_empty(), "{:?}", lab.proxmox.writes());
        let told = on_clusters(&lab);
        let told: Vec<_> = told.iter().filter(|text| text.contains("was deleted")).collect();
        assert_eq!(told.len(), 1, "{kind:?}: {:?}", lab.journal());
        says(told[0], &["shop", later, &vmid.to_string(), "kept"]);
        // In the journal of the cluster that the guest is in.
        let entry = lab.netbox.journal().into_iter().find(|entry| entry["comments"] == told[0].as_str()).unwrap();
        assert_eq!(entry["assigned_object_id"], lab.cluster().netbox_cluster.id, "{entry}");
        assert!(events(&lab, EventState::Parked).await.is_empty());
    }
}

#[tokio::test]
async fn the_comparison_says_what_is_true_of_a_guest_whose_record_left() {
    let (lab, id, vmid) = left(GuestKind::Qemu, json!({"cluster": {"name": "vmware"}})).await;
    lab.dispatcher.bridge().inbox.forget(lab.owner(id)).await.unwrap();
    lab.dispatcher.reconcile(2).await.unwrap();
    lab.dispatcher.idle().await;
    for text in lab.journal() {
        says(&text, &["shop", "vmware"]);
        assert!(!text.contains("correct the VMID") && !text.contains("not have"), "{text}");
    }
    assert!(lab.proxmox.guest(vmid).is_some());
}

#[tokio::test]
async fn a_record_that_comes_back_is_managed_as_before() {
    let (lab, id, _) = left(GuestKind::Qemu, json!({"cluster": {"name": "vmware"}})).await;
    lab.update(id, json!({"cluster": {"name": CLUSTER}})).await;
    lab.update(id, json!({"status": "offline"})).await;
    assert_eq!(lab.guest(id).power, Power::Stopped);
}
