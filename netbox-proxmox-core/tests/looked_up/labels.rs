//! Rows 12 and 14: name, tags, description, start on boot.

use netbox_proxmox_core::Part;
use netbox_proxmox_core::event::RecordFacts;

use crate::case::Case;
use crate::cause;

// Row 12.

#[test]
fn a_rename_is_not_gated() {
    for status in ["active", "staged", "offline", "paused"] {
        let case = Case::existing().status(status).desired(|guest| guest.name = "web02".into());
        let plan = case.plan();
        let named = plan.iter().filter(|action| action.to_string() == "configure web02 (VMID 101): name=web02");
        assert_eq!(named.count(), 1, "{status}: {plan:?}");
    }
}

#[test]
fn a_name_that_proxmox_does_not_take_is_not_sent() {
    for name in ["web 02", "web_02", "-web", "wéb"] {
        Case::existing().desired(|guest| guest.name = name.into()).expect("");
    }
}

#[test]
fn a_guest_without_a_name_gets_one() {
    Case::existing().current(|guest| guest.name = Part::None).expect("configure web01 (VMID 101): name=web01");
}

// Row 14. None of it is gated: these guests are Active.

fn tagged(tags: &[&str]) -> Case {
    let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
    Case::existing().desired(|guest| guest.tags = Part::Given(tags))
}

fn with_tags(case: Case, tags: &[&str]) -> Case {
    let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
    case.current(|guest| guest.tags = Part::Given(tags))
}

#[test]
fn tags_are_added_and_foreign_ones_stay() {
    tagged(&["web", "shop"]).expect("configure web01 (VMID 101): tag=shop;web");
    with_tags(tagged(&["web"]), &["netbox", "ops", "WEB"]).expect("");
    tagged(&["web"]).policy(|policy| policy.sync_tags = false).expect("");
}

#[test]
fn a_tag_goes_when_somebody_took_it_from_the_record() {
    let before = RecordFacts { tags: vec!["ops".into(), "web".into(), "netbox".into()], ..cause::facts("active") };
    let case = with_tags(tagged(&["web"]), &["netbox", "ops", "web", "hand-made"]);
    case.clone().expect("");
    let after = RecordFacts { tags: vec!["web".into()], ..cause::facts("active") };
    case.cause(cause::updated(Some(before), after)).expect("configure web01 (VMID 101): untag=ops");
}

/// Recorded of NetBox 4.2: the delivery of `tags: []` says before and after what was before.
#[test]
fn tags_that_only_the_look_up_knows_to_be_gone_go() {
    let old = RecordFacts { tags: vec!["ops".into(), "web".into()], ..cause::facts("active") };
    let case = with_tags(tagged(&[]), &["netbox", "ops", "web", "hand-made"]);
    case.cause(cause::updated(Some(old.clone()), old)).expect("configure web01 (VMID 101): untag=ops;web");
}

#[test]
fn the_description_is_a_line_among_the_notes_of_people() {
    let described = |text: &str| Case::existing().desired(|guest| guest.description = Part::Given(text.into()));
    described("web  server").expect("configure web01 (VMID 101): description=\"web server\"");
    let set = |case: Case| case.current(|guest| guest.description = Part::Given("web server".into()));
    set(described("web server")).expect("");
    let cleared = Case::existing().desired(|guest| guest.description = Part::None);
    set(cleared.clone()).expect("configure web01 (VMID 101): description=cleared");
    cleared.expect("");
}

#[test]
fn starting_on_boot_is_turned_on_and_off() {
    let wanted = |on| Case::existing().desired(|guest| guest.onboot = Part::Given(on));
    let starts = |case: Case| case.current(|guest| guest.onboot = Part::Given(true));
    wanted(true).expect("configure web01 (VMID 101): onboot=1");
    starts(wanted(true)).expect("");
    wanted(false).expect("");
    let turned_off = cause::updated(
        Some(RecordFacts { onboot: Some(true), ..cause::facts("active") }),
        RecordFacts { onboot: Some(false), ..cause::facts("active") },
    );
    starts(wanted(false)).cause(turned_off).expect("configure web01 (VMID 101): onboot=0");
    starts(wanted(false)).creating().status("staged").expect(
        "configure web01 (VMID 101): onboot=0
         report created
         configure web01 (VMID 101): marker=ready",
    );
}

/// NetBox says "off" of every record that never said anything.
#[test]
fn a_guest_that_starts_on_boot_is_not_turned_off_unasked() {
    let case = Case::existing().desired(|guest| guest.onboot = Part::Given(false));
    case.current(|guest| guest.onboot = Part::Given(true)).expect_report(&["starts with its node", "turn it on"]);
}
