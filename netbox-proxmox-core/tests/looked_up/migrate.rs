//! Row 11: the node.

use netbox_proxmox_core::event::RecordFacts;
use netbox_proxmox_core::{NodeName, Part};

use crate::case::Case;
use crate::cause;
use crate::common::node;

fn wanted_on(name: &str) -> Case {
    let wanted = node(name);
    Case::existing().desired(|guest| guest.node = Part::Given(wanted))
}

#[test]
fn a_node_that_somebody_changed_is_followed() {
    wanted_on("pve02").cause(cause::moved_to("pve02")).expect("migrate web01 (VMID 101): to node pve02");
}

#[test]
fn a_change_whose_delivery_was_lost_shows_in_netbox_having_said_another_node_before() {
    let said = |before: Part<NodeName>| wanted_on("pve02").context(|context| context.agreed_node = before);
    said(Part::Given(node("pve01"))).expect("migrate web01 (VMID 101): to node pve02");
    said(Part::None).expect("migrate web01 (VMID 101): to node pve02");
    // HA moved it, a person did, or it was adopted where it is.
    said(Part::Given(node("pve02"))).expect("record web01 (VMID 101): node pve01");
    said(Part::Unknown).expect("record web01 (VMID 101): node pve01");
}

/// Seen live: a person set the node while the creation's last step, telling NetBox the node, was refused as out of date. What
/// NetBox said when the guest was made is remembered then.
#[test]
fn a_node_that_was_set_while_the_guest_was_made_is_followed() {
    let created = |node: Option<&str>| {
        let node = node.map(str::to_owned);
        cause::created_with(RecordFacts { vmid: None, node, ..cause::facts("active") })
    };
    let said = |before: Part<NodeName>| wanted_on("pve02").context(|context| context.agreed_node = before);
    said(Part::None).cause(created(None)).expect("migrate web01 (VMID 101): to node pve02");
    said(Part::Given(node("pve01"))).cause(created(Some("pve01"))).expect("migrate web01 (VMID 101): to node pve02");
    // It was there once: HA moved it.
    said(Part::Given(node("pve02"))).cause(created(Some("pve02"))).expect("record web01 (VMID 101): node pve01");
    said(Part::Given(node("pve02"))).cause(created(None)).expect("record web01 (VMID 101): node pve01");
}

#[test]
fn the_power_state_comes_after_the_migration() {
    let case = wanted_on("pve02").power("stopped").cause(cause::moved_to("pve02"));
    case.cause(cause::status("offline", "active")).expect(
        "migrate web01 (VMID 101): to node pve02
         start web01 (VMID 101)",
    );
}

#[test]
fn migrating_is_not_gated_and_what_is_gated_stays_so() {
    let case = wanted_on("pve02").desired(|guest| guest.vcpus = Part::Given(4)).cause(cause::moved_to("pve02"));
    case.expect(
        "report vcpus: wanted 4, found 2
         migrate web01 (VMID 101): to node pve02",
    );
}

#[test]
fn a_node_that_does_not_exist_is_reported() {
    let case = wanted_on("pve09").cause(cause::moved_to("pve09"));
    let report = case.expect_report(&["pve09", "pve01", "Correct the node"]);
    assert_eq!((report.field.as_str(), report.found.as_str()), ("node", "pve01"));
}

#[test]
fn a_guest_found_on_another_node_is_recorded_there_not_moved_back() {
    let elsewhere = || Case::existing().current(|guest| guest.node = Part::Given(crate::common::node("pve02")));
    elsewhere().expect("record web01 (VMID 101): node pve02");
    elsewhere().cause(cause::saved("active")).expect("record web01 (VMID 101): node pve02");
    Case::existing().desired(|guest| guest.node = Part::None).expect("record web01 (VMID 101): node pve01");
}

#[test]
fn a_node_that_was_first_set_to_where_the_guest_is_plans_nothing() {
    let before = RecordFacts { node: None, ..cause::facts("active") };
    Case::existing().cause(cause::updated(Some(before), cause::facts("active"))).expect("");
}
