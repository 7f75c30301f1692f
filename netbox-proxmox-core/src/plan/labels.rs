//! Rows 12 and 14: name, tags, description and start on boot. No gate is before them: the guest does not notice.

use super::draft::Draft;
use crate::event::Change;
use crate::part::Part;
use crate::settings::Settings;

pub(super) fn plan(draft: &mut Draft<'_>, set: &mut Settings) {
    name(draft, set);
    tags(draft, set);
    description(draft, set);
    onboot(draft, set);
}

fn name(draft: &Draft<'_>, set: &mut Settings) {
    let Some(wanted) = draft.guest.proxmox_name() else { return };
    if !draft.current.name.is_unknown() && draft.current.name.given().map(String::as_str) != Some(wanted) {
        set.name = Some(wanted.to_owned());
    }
}

/// NetBox's tags are added, and those that somebody took from the record are removed; all others are people's.
fn tags(draft: &Draft<'_>, set: &mut Settings) {
    let synced = draft.guest.tags.given().filter(|_| draft.policy.sync_tags);
    let of_record = synced.into_iter().flatten();
    let of_policy = draft.policy.tag.iter().filter(|_| draft.creating);
    let wanted: Vec<&String> = of_record.chain(of_policy).collect();
    let has = |tag: &String| draft.current.tags.given().map(|tags| tags.iter().any(|it| it.eq_ignore_ascii_case(tag)));
    set.add_tags = wanted.iter().filter(|tag| has(tag) != Some(true)).map(|tag| (*tag).clone()).collect();
    set.add_tags.sort();
    set.add_tags.dedup();
    if synced.is_some() {
        let removed = draft.event.cause.iter().flat_map(Change::tags_of_record);
        let removed = removed.filter(|tag| !wanted.contains(tag) && draft.policy.tag.as_ref() != Some(*tag));
        set.remove_tags = removed.filter(|tag| has(tag) != Some(false)).cloned().collect();
        set.remove_tags.sort();
        set.remove_tags.dedup();
    }
}

fn description(draft: &Draft<'_>, set: &mut Settings) {
    let one_line = |text: &String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    match (&draft.guest.description, &draft.current.description) {
        (Part::Given(wanted), Part::Given(found)) if one_line(wanted) == one_line(found) => {}
        (Part::Given(wanted), _) => set.description = Part::Given(one_line(wanted)),
        (Part::None, Part::Given(_)) => set.description = Part::None,
        (Part::None | Part::Unknown, _) => {}
    }
}

/// NetBox says "off" of every record that never said anything: that is a wish only for the guest being created and for
/// somebody who turned it off.
fn onboot(draft: &mut Draft<'_>, set: &mut Settings) {
    let Part::Given(wanted) = draft.guest.onboot else { return };
    if draft.current.onboot == Part::Given(wanted) {
        return;
    }
    if wanted || draft.creating || draft.event.caused(Change::changed_onboot) {
        set.onboot = Some(wanted);
    } else if draft.current.onboot == Part::Given(true) {
        let report = draft.reporter.starts_on_boot();
        draft.report(report);
    }
}
