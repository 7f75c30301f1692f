//! What a merge has done beside what its plan said: each machine's steps compared, and told in words.

use std::collections::BTreeSet;

use super::planned::{BranchPlan, Planned, PlannedAnswer};
use super::text::{Links, MOST, add, line, plain};
use crate::action::Action;
use crate::guest::RecordId;
use crate::live::inbox::Did;
use crate::moment::Moment;

/// A step in words that are the same when it is planned and when it is done, whatever was found out meanwhile: of a configuration
/// each value. None: what is written back to NetBox, and news.
pub(in crate::live) fn essence(action: &Action) -> Vec<String> {
    match action {
        Action::Record { .. } => Vec::new(),
        Action::Report(report) if !report.is_for_a_person() => Vec::new(),
        Action::Report(report) => vec![format!("{TOLD}{}", report.text)],
        Action::Configure { set, .. } => {
            set.values(None).iter().map(|value| format!("configure {}={}", value.name, value.after)).collect()
        }
        // A VMID is chosen, and a time set, only then.
        Action::Clone { .. } | Action::CreateContainer { .. } | Action::Destroy { .. } => {
            vec![action.name().to_owned()]
        }
        action => {
            let (text, guest) = (action.to_string(), action.target().map(ToString::to_string).unwrap_or_default());
            vec![text.replacen(&format!(" {guest}"), "", 1)]
        }
    }
}

/// How what is told to people begins.
const TOLD: &str = "told: ";

/// How it begins why something was ignored.
pub(in crate::live) const IGNORED: &str = "ignored: ";

/// What became of a machine.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Became {
    /// Steps of the plan that were not done.
    missing: Vec<String>,
    /// Steps that were done and that the plan did not have.
    more: Vec<String>,
    /// What people were told and the plan did not say.
    told: Vec<String>,
    /// Why something was not done.
    why: Option<String>,
    /// Whether nothing was heard of its changes.
    unheard: bool,
    /// Whether something of it will be done later.
    later: bool,
}

impl Became {
    /// Whether something was not done, or nobody knows.
    fn lacks(&self) -> bool {
        !self.missing.is_empty() || self.why.is_some() || self.unheard || self.later
    }

    fn as_planned(&self) -> bool {
        *self == Self::default()
    }
}

/// What was done for a merge, beside its plan.
#[derive(Debug)]
pub(super) struct Done<'a> {
    plan: &'a BranchPlan,
    became: Vec<(&'a Planned, Became)>,
}

/// Whether the answers of a plan's changes are complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answered {
    /// All were heard, and none is tried again.
    All,
    /// Something is missing.
    NotYet,
}

impl<'a> Done<'a> {
    /// `did`: what was done for each record. Of it counts what is `after` the branch's last change, or its last revert.
    pub(super) fn of(plan: &'a BranchPlan, did: &[(RecordId, Vec<Did>)], after: Option<Moment>) -> Self {
        let counts = |did: &&Did| did.times.iter().any(|time| time.is_none() || *time > after);
        let became = plan.records.iter().map(|planned| {
            let of_it = did.iter().find(|(record, _)| *record == planned.record);
            let of_it: Vec<&Did> = of_it.into_iter().flat_map(|(_, did)| did).filter(counts).collect();
            (planned, became(planned, &of_it))
        });
        Self { plan, became: became.collect() }
    }

    /// Whether more is to be waited for.
    pub(super) fn answered(&self) -> Answered {
        let open = |(_, became): &(&Planned, Became)| became.unheard || became.later;
        if self.became.iter().any(open) { Answered::NotYet } else { Answered::All }
    }

    /// The kind of the journal's entry.
    pub(super) fn kind(&self) -> &'static str {
        let any = |of: fn(&Became) -> bool| self.became.iter().any(|(_, became)| of(became));
        match () {
            () if any(|became| !became.more.is_empty()) => "danger",
            () if any(|became| !became.as_planned()) => "warning",
            () => "success",
        }
    }

    /// As an entry of the branch's journal. `at`: when it was merged, as NetBox says it.
    pub(super) fn entry(&self, at: &str, links: Links<'_>) -> String {
        let at = plain(at.get(..19).unwrap_or(at)).replacen('T', " ", 1);
        let counts = self.plan.counts();
        let differs: Vec<_> = self.became.iter().filter(|(_, became)| !became.as_planned()).collect();
        let well = |of: fn(&PlannedAnswer) -> bool| {
            self.became.iter().filter(|(planned, became)| became.as_planned() && of(&planned.answer)).count()
        };
        let created = well(|answer| matches!(answer, PlannedAnswer::Plan { effects, .. } if effects.creates));
        let destroyed = well(|answer| matches!(answer, PlannedAnswer::Plan { effects, .. } if effects.destroys));
        let acts = |planned: &Planned| planned.steps().iter().any(|step| !essence(step).is_empty());
        let acted = self.became.iter().filter(|(planned, became)| became.as_planned() && acts(planned)).count();
        let changed = acted.saturating_sub(created + destroyed);
        let many = |of: fn(&Became) -> bool| differs.iter().filter(|(_, became)| of(became)).count();
        let more = many(|became| !became.more.is_empty());
        let mut text = match (self.kind(), differs.len()) {
            ("success", _) => format!("**Merged at {at}, and done as it was planned:**"),
            ("danger", _) => {
                format!("**Merged at {at}, and MORE was done than was planned, for {more} machine(s).** As planned:")
            }
            (_, all) if many(Became::lacks) == 0 => {
                format!("**Merged at {at}, and more was told than was planned, for {all} machine(s).** As planned:")
            }
            (_, all) => format!("**Merged at {at}, and not all of it was done, for {all} machine(s).** As planned:"),
        };
        add(&mut text, format_args!(" {created} guest(s) made, {changed} changed, {destroyed} destroyed"));
        if counts.disks > 0 && differs.is_empty() {
            add(&mut text, format_args!(", {} disk(s) with them", counts.disks));
        }
        text.push_str(".\n");
        if !differs.is_empty() {
            text.push('\n');
        }
        for (planned, became) in differs.iter().take(MOST) {
            add(&mut text, format_args!("- {}\n", links.machine(&planned.name, planned.record)));
            let Became { missing, more, told, why, unheard, later } = became;
            if *unheard {
                line(
                    &mut text,
                    "nothing was heard of its changes: look at `netbox-proxmox events` and at NetBox's workers",
                );
            }
            missing.iter().for_each(|step| line(&mut text, &format!("not done: {}", plain(step))));
            more.iter().for_each(|step| line(&mut text, &format!("**done, and not planned:** {}", plain(step))));
            told.iter().for_each(|told| line(&mut text, &plain(told)));
            if let Some(why) = why {
                line(&mut text, &format!("{}: {}", if *later { "later" } else { "why" }, plain(why)));
            }
        }
        if differs.len() > MOST {
            add(&mut text, format_args!("- and {} more\n", differs.len() - MOST));
        }
        text
    }
}

fn became(planned: &Planned, did: &[&Did]) -> Became {
    let done: BTreeSet<&String> = did.iter().flat_map(|did| &did.steps).collect();
    let PlannedAnswer::Plan { plan, .. } = &planned.answer else {
        // What would be parked is parked, what concerns nothing of ours is ignored: only what was done is news.
        let more = done.into_iter().filter(|step| !step.starts_with(TOLD)).cloned().collect();
        return Became { more, ..Became::default() };
    };
    let wanted: Vec<String> = planned.steps().into_iter().flat_map(essence).collect();
    let all: BTreeSet<String> = plan.iter().flat_map(essence).collect();
    let missing: Vec<String> = wanted.iter().filter(|step| !done.contains(step)).cloned().collect();
    let (told, more) =
        done.into_iter().filter(|step| !all.contains(*step)).cloned().partition(|step| step.starts_with(TOLD));
    let last = did.last();
    // What was ignored once all was done needs no reason.
    let is_reason = |why: &&String| !missing.is_empty() || !why.starts_with(IGNORED);
    Became {
        unheard: did.is_empty() && !wanted.is_empty(),
        later: last.is_some_and(|did| did.again),
        why: last.and_then(|did| did.why.as_ref().filter(is_reason).cloned()),
        missing,
        more,
        told,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    const LINKS: Links<'_> = Links { netbox: "http://netbox" };
    const AT: &str = "2026-11-26T13:00:05.5Z";

    /// The plan of a branch that gives a machine more memory, and starts it.
    fn plan() -> BranchPlan {
        let guest = json!({"record": 7, "name": "web01", "kind": "qemu", "vmid": 101});
        let with = |action: &str, more: serde_json::Value| {
            let mut step = json!({"action": action, "guest": guest});
            step.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            step
        };
        let steps = [with("configure", json!({"memory": 2048})), with("start", json!({}))];
        serde_json::from_value(json!({
            "id": 1, "name": "next-week", "schema_id": "b0000001", "digest": {"branch": "1:9", "main": 8},
            "records": [{"record": 7, "name": "web01", "answer": "plan", "plan": steps, "drift": [], "effects": {}}],
            "conflicts": [], "moved_on": [],
        }))
        .unwrap()
    }

    fn did(steps: &[&str], time: Option<&str>) -> Did {
        let times = vec![time.map(|time| time.parse().unwrap())];
        Did { times, steps: steps.iter().map(|step| (*step).to_owned()).collect(), ..Did::default() }
    }

    const STEPS: [&str; 2] = ["configure memory=2048", "start"];

    fn told(did: Vec<Did>) -> (Answered, &'static str, String) {
        let (plan, after) = (plan(), "2026-11-26T12:00:00Z".parse().ok());
        let did = if did.is_empty() { Vec::new() } else { vec![(RecordId(7), did)] };
        let done = Done::of(&plan, &did, after);
        (done.answered(), done.kind(), done.entry(AT, LINKS))
    }

    #[test]
    fn what_was_done_in_several_tries_is_done() {
        let tries = vec![
            Did { again: true, why: Some("locked".into()), ..did(&STEPS[..1], Some(AT)) },
            did(&STEPS[1..], Some(AT)),
            Did { why: Some(format!("{IGNORED}nothing of ours")), ..did(&[], Some(AT)) },
        ];
        let (answered, kind, text) = told(tries);
        assert_eq!((answered, kind), (Answered::All, "success"), "{text}");
        assert!(text.starts_with("**Merged at 2026-11-26 13:00:05, and done as it was planned:**"), "{text}");
    }

    #[test]
    fn what_is_tried_again_is_waited_for_and_then_said() {
        let (answered, kind, text) =
            told(vec![Did { again: true, why: Some("locked".into()), ..did(&STEPS[..1], Some(AT)) }]);
        assert_eq!((answered, kind), (Answered::NotYet, "warning"));
        assert!(text.contains("not done: start") && text.contains("later: locked"), "{text}");
    }

    #[test]
    fn what_was_done_before_the_merge_is_no_part_of_it() {
        let (answered, kind, text) = told(vec![did(&STEPS, Some("2026-11-26T11:59:59Z"))]);
        assert_eq!((answered, kind), (Answered::NotYet, "warning"));
        assert!(text.contains("nothing was heard of its changes"), "{text}");
        assert_eq!(told(Vec::new()).2, text);
    }

    #[test]
    fn what_was_not_planned_is_said_loudly_and_what_was_told_is_not() {
        let all = [&STEPS[..], &["destroy"]].concat();
        let (_, kind, text) = told(vec![did(&all, None)]);
        assert!(kind == "danger" && text.contains("**done, and not planned:** destroy"), "{text}");
        let all = [&STEPS[..], &["told: it is locked"]].concat();
        assert_eq!(told(vec![did(&all, None)]).1, "warning");
    }
}
