//! NetBox's change log is read a page at a time: what a page has is answered, and how far it was read is kept, before the next.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use netbox_api::testing::{FakeNetBox, Fault, Received, Version};
use netbox_proxmox_core::live::{Brake, CatchUp, EventState, MemoryStore, StoredEvent};
use netbox_proxmox_tests::{CLUSTER, Lab, bridge, netbox, proxmox, record};
use proxmox_api::testing::{GuestKind, Power};
use serde_json::{Value, json};

const LOG: &str = "/api/core/object-changes/";

/// A laboratory in which the end of the change log is known, with a virtual machine of nobody's.
async fn lab() -> (Lab, u64) {
    over(netbox().await).await
}

async fn over(netbox: FakeNetBox) -> (Lab, u64) {
    let (netbox, proxmox) = (Arc::new(netbox), Arc::new(proxmox().await));
    let bridge = bridge(&netbox, &proxmox, MemoryStore::default());
    let lab = Lab::over(netbox, proxmox, bridge);
    let foreign = lab.netbox.user("alice").create_vm(json!({"name": "foreign", "cluster": {"name": CLUSTER}}));
    assert_eq!(lab.dispatcher.catch_up(None).await.unwrap().new, 0, "the first time only the end of the log is noted");
    let _ = lab.take();
    (lab, foreign["id"].as_u64().unwrap())
}

/// So many changes of a virtual machine of nobody's.
fn others(lab: &Lab, foreign: u64, count: usize) {
    (0..count).for_each(|number| drop(lab.netbox.update_vm(foreign, json!({"comments": number.to_string()}))));
}

/// The requests for pages of the change log since there were so many requests.
fn pages(lab: &Lab, since: usize) -> Vec<Received> {
    let page = |request: &Received| request.path == LOG && request.query.contains("id__gte=");
    lab.netbox.requests().into_iter().skip(since).filter(page).collect()
}

/// The numbers that these requests have for a parameter.
fn numbers(requests: &[Received], parameter: &str) -> Vec<u64> {
    let number = |pair: &str| pair.strip_prefix(parameter)?.strip_prefix('=')?.parse().ok();
    requests.iter().filter_map(|request| request.query.split('&').find_map(number)).collect()
}

async fn catch_up(lab: &Lab) -> CatchUp {
    let done = lab.dispatcher.catch_up(None).await.unwrap();
    lab.dispatcher.idle().await;
    let _ = lab.take();
    done
}

/// Every page of the log fails from now on, after so many that come. A page that fails is asked for smaller.
fn fail_after(lab: &Lab, pages: usize) {
    // The newest entry comes before the first page; that is the one that is known, so nothing else is asked for.
    lab.netbox.fault(Fault::on("GET", LOG).html(500).skip(1 + pages).always());
}

async fn last_read(lab: &Lab) -> u64 {
    lab.dispatcher.bridge().inbox.change_log().await.unwrap().unwrap().last
}

async fn undelivered(lab: &Lab) -> Vec<StoredEvent> {
    let mut parked = lab.dispatcher.bridge().inbox.store().events(Some(EventState::Parked), 100).await.unwrap();
    parked.retain(|event| event.brake == Some(Brake::Undelivered));
    parked
}

#[tokio::test]
async fn only_objects_of_guests_are_asked_for_and_only_what_is_needed_of_them() {
    for (version, several) in [(Version::new(4, 7), true), (Version::new(4, 6), false), (Version::new(4, 2), false)] {
        let clustered = FakeNetBox::builder().token("nbt_labkey000000.lab-secret").cluster(CLUSTER).version(version);
        let (lab, _) = over(clustered.start().await).await;
        for number in 0..20 {
            lab.netbox
                .user("alice")
                .create("extras/tags", json!({"name": number.to_string(), "slug": number.to_string()}));
        }
        lab.netbox.create_vm(record(GuestKind::Qemu, json!({})));
        let before = lab.netbox.requests().len();
        let done = lab.dispatcher.catch_up(None).await.unwrap();
        let asked = pages(&lab, before);
        assert!(asked.len() == 1 && asked[0].query.contains("fields=id%2Ctime%2C"), "{version:?}: {asked:?}");
        assert!(!asked[0].query.contains("changed_object%2C"), "{asked:?}");
        let types = asked[0].query.matches("changed_object_type=").count();
        assert_eq!(
            (types, done.read),
            if several { (5, 1) } else { (0, 21) },
            "{version:?}: one takes the last type alone"
        );
        assert_eq!(done.new, 1, "{version:?}");
    }
}

#[tokio::test]
async fn a_long_log_is_read_in_pages_and_each_is_stored_before_the_next_is_asked_for() {
    let (lab, foreign) = lab().await;
    others(&lab, foreign, 1_000);
    let (mut told, mut read) = (Vec::new(), 0);
    let before = lab.netbox.requests().len();
    let done = lab.dispatcher.catch_up_telling(None, |done| told.push(done)).await.unwrap();
    assert_eq!((done.read, done.new, done.left), (1_000, 1_000, 0));
    let asked = pages(&lab, before);
    assert_eq!(numbers(&asked, "limit"), [50, 100, 200, 200, 200, 200, 200], "never more than a page");
    for (page, limit) in told.iter().zip(numbers(&asked, "limit")) {
        read += usize::try_from(limit).unwrap();
        assert_eq!((page.read, page.new, page.left), (read, read, 1_000 - u64::try_from(read).unwrap()));
    }
    assert_eq!(told.len(), asked.len() - 1);
}

#[tokio::test]
async fn what_fails_on_a_later_page_goes_on_from_there() {
    let (lab, foreign) = lab().await;
    let begin = last_read(&lab).await;
    others(&lab, foreign, 600);
    fail_after(&lab, 2);
    lab.dispatcher.catch_up(None).await.unwrap_err();
    assert_eq!(last_read(&lab).await, begin + 150, "two pages of 50 and 100");
    lab.netbox.heal();
    let done = catch_up(&lab).await;
    assert_eq!(done.new, 450, "the others are known");
    assert!(done.read <= 450 + 100, "{done:?}: the overlap is read again, nothing before it");
}

#[tokio::test]
async fn a_page_that_netbox_cannot_give_is_asked_for_smaller_and_then_larger_again() {
    let (lab, foreign) = lab().await;
    others(&lab, foreign, 400);
    let before = lab.netbox.requests().len();
    lab.netbox.fault(Fault::on("GET", LOG).html(500).skip(2).times(2));
    assert_eq!(lab.dispatcher.catch_up(None).await.unwrap().new, 400);
    let limits = numbers(&pages(&lab, before), "limit");
    assert_eq!(limits[..8], [50, 100, 50, 25, 25, 25, 25, 25], "smaller until it comes");
    assert_eq!(limits[8..], [50, 50, 50, 50, 50], "and larger after five that came");
}

#[tokio::test]
async fn own_guests_are_answered_although_the_log_after_them_cannot_be_read() {
    let (lab, foreign) = lab().await;
    others(&lab, foreign, 30);
    lab.netbox.create_vm(record(GuestKind::Qemu, json!({})));
    others(&lab, foreign, 200);
    fail_after(&lab, 1);
    lab.dispatcher.catch_up(None).await.unwrap_err();
    lab.dispatcher.idle().await;
    assert_eq!(lab.guests(), [100], "what the first page has is done");
}

#[tokio::test]
async fn the_interfaces_of_many_addresses_are_asked_for_together() {
    let (lab, foreign) = lab().await;
    let interface = lab.netbox.create_interface(json!({"virtual_machine": foreign, "name": "eth0"}));
    let address = |number: usize| {
        let address = format!("198.51.{}.{}/32", number / 250, number % 250 + 1);
        let on = json!({"assigned_object_type": "virtualization.vminterface", "assigned_object_id": interface["id"]});
        let Value::Object(mut fields) = on else { unreachable!() };
        fields.insert("address".into(), json!(address));
        lab.netbox.user("alice").create("ipam/ip-addresses", Value::Object(fields));
    };
    (0..450).for_each(address);
    let before = lab.netbox.requests().len();
    let done = lab.dispatcher.catch_up(None).await.unwrap();
    assert!(done.new >= 450, "{done:?}");
    let of_interfaces = lab
        .netbox
        .requests()
        .into_iter()
        .skip(before)
        .filter(|it| it.query.contains("fields=id%2Cname%2Cvirtual_machine"));
    assert_eq!(of_interfaces.count(), pages(&lab, before).len(), "one request a page");
    let again = lab.netbox.requests().len();
    lab.dispatcher.catch_up(None).await.unwrap();
    let asked = lab.netbox.requests().into_iter().skip(again).filter(|it| it.path.ends_with("/interfaces/"));
    assert_eq!(asked.count(), 0, "what is read again is known");
}

/// Records with their guests, which are deleted with other changes in between; none was delivered.
async fn deleted(lab: &Lab, foreign: u64, count: u32) {
    let records = lab.pairs(1_001..=1_000 + count);
    lab.settle().await;
    catch_up(lab).await;
    for record in records {
        lab.netbox.delete_vm(record);
        others(lab, foreign, 30);
    }
    let _ = lab.take();
}

#[tokio::test]
async fn deletions_on_several_pages_are_counted_before_the_first_is_made_up_for() {
    let (lab, foreign) = lab().await;
    deleted(&lab, foreign, 11).await;
    let mut at_most = 0;
    let done = lab.dispatcher.catch_up_telling(None, |_| at_most = at_most.max(lab.guests().len())).await.unwrap();
    lab.dispatcher.idle().await;
    assert_eq!((done.held, lab.guests().len(), at_most), (11, 11, 11), "none was let go");
    assert_eq!(undelivered(&lab).await.len(), 11);
    assert!(lab.journal().iter().any(|text| text.contains("11 virtual machines were deleted")), "{:?}", lab.journal());
    catch_up(&lab).await;
    assert_eq!(lab.guests().len(), 11, "and what was counted once is not let go by the next one, which finds none");
}

#[tokio::test]
async fn deletions_are_counted_over_an_interruption() {
    for (count, held) in [(11, 11), (10, 0)] {
        let (mut lab, foreign) = lab().await;
        deleted(&lab, foreign, count).await;
        fail_after(&lab, 2);
        lab.dispatcher.catch_up(None).await.unwrap_err();
        lab.dispatcher.idle().await;
        let first = undelivered(&lab).await.len();
        assert!(first > 0 && first < count as usize, "{first} were on the pages that came, and wait");
        assert_eq!(lab.guests().len(), count as usize);
        lab.netbox.heal();
        let bridge = lab.dispatcher.bridge().clone();
        lab.restart(bridge).await;
        assert_eq!(catch_up(&lab).await.held, held);
        assert_eq!((lab.guests().len(), undelivered(&lab).await.len()), (held, held), "of {count}");
    }
}

#[tokio::test]
async fn what_came_after_a_log_that_was_empty_or_could_not_be_read_is_read() {
    for can_be_read in [true, false] {
        let netbox = FakeNetBox::builder().token("nbt_labkey000000.lab-secret").cluster(CLUSTER);
        // After any clock of ours, by which the first start is noted.
        let netbox = Arc::new(netbox.starting_at("2199-01-05T08:00:00Z").start().await);
        netbox.hold();
        let proxmox = Arc::new(proxmox().await);
        let bridge = bridge(&netbox, &proxmox, MemoryStore::default());
        let lab = Lab::over(netbox, proxmox, bridge);
        if !can_be_read {
            lab.netbox.fault(Fault::on("GET", LOG).html(500).always());
        }
        assert_eq!(lab.dispatcher.catch_up(None).await.is_ok(), can_be_read);
        lab.netbox.heal();
        lab.netbox.create_vm(record(GuestKind::Qemu, json!({})));
        catch_up(&lab).await;
        catch_up(&lab).await;
        assert_eq!(lab.guests().len(), 1, "{can_be_read}");
    }
}

/// Its number was given when its transaction began, and others were read before it ended.
#[tokio::test]
async fn an_entry_that_was_not_there_when_later_ones_were_read_is_read_after_all() {
    let (lab, foreign) = lab().await;
    let id = lab.create(json!({"status": "active"})).await;
    others(&lab, foreign, 3);
    catch_up(&lab).await;
    lab.netbox.update_vm(id, json!({"status": "offline"}));
    let late = lab.netbox.object_changes().last().unwrap()["id"].as_u64().unwrap();
    drop(lab.take());
    let inbox = &lab.dispatcher.bridge().inbox;
    let mut position = inbox.change_log().await.unwrap().unwrap();
    position.last = late + 50;
    inbox.put_change_log(&position).await.unwrap();
    others(&lab, foreign, 60);
    assert!(catch_up(&lab).await.new > 0);
    assert_eq!(lab.proxmox.guest(lab.vmid(id).unwrap()).unwrap().power, Power::Stopped);
}
