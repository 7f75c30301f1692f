//! How a record stands, for people who look at it in NetBox: a state, since when, and a few words. It is said in custom fields
//! of the record, which only we write; what they say is no cause of anything.

use std::fmt;

use netbox_api::{CustomFields, Snapshot};
use serde_json::{Map, Value};

use crate::event::{Event, Ownership};
use crate::record::FieldNames;
use crate::report::ReportKey;

/// How many characters the words have at most.
const LONGEST: usize = 200;

/// How a record stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Both sides are alike.
    InSync,
    /// They differ, and that was reported.
    Differs,
    /// A plan that takes long is being performed.
    Working,
    /// It goes on by itself, or once a person agrees.
    Waiting,
    /// Nothing more is done until a person changes something.
    Refused,
    /// Proxmox is left alone: the record has no guest of ours, and is to have none.
    Unmanaged,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::InSync, Self::Differs, Self::Working, Self::Waiting, Self::Refused, Self::Unmanaged];

    /// The value in NetBox.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InSync => "in-sync",
            Self::Differs => "differs",
            Self::Working => "working",
            Self::Waiting => "waiting",
            Self::Refused => "refused",
            Self::Unmanaged => "unmanaged",
        }
    }

    /// What people read for it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::InSync => "in sync",
            other => other.as_str(),
        }
    }

    /// The colour of its badge, one of NetBox's names.
    pub const fn colour(self) -> &'static str {
        match self {
            Self::InSync => "green",
            Self::Differs => "orange",
            Self::Working => "blue",
            Self::Waiting => "cyan",
            Self::Refused => "red",
            Self::Unmanaged => "gray",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

/// A state, and a few words on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The state.
    pub state: State,
    /// Why, or with what; empty where there is nothing to say.
    pub text: String,
}

impl Standing {
    fn new(state: State, text: impl AsRef<str>) -> Self {
        Self { state, text: shortened(text.as_ref()) }
    }

    /// Of a record whose plan was performed, or needs nothing done; `reported` is what people were told of it and still is so.
    /// Nothing is said of a record that nobody has touched yet.
    pub fn of(event: &Event, reported: &[ReportKey]) -> Option<Self> {
        let guest = event.desired.as_ref()?;
        let Ownership::Ours { .. } = event.context.ownership else { return Self::without_guest(event, reported) };
        Some(if guest.status.wants_guest() { Self::compared(reported) } else { Self::left_alone(&guest.status) })
    }

    /// The same of one without a guest of ours.
    fn without_guest(event: &Event, reported: &[ReportKey]) -> Option<Self> {
        let (guest, context) = (event.desired.as_ref()?, &event.context);
        if let Some(unmanaged) = &context.unmanaged {
            return Some(Self::new(State::Unmanaged, &unmanaged.why));
        }
        if context.untouched && context.intent.is_none() {
            return None;
        }
        if !guest.status.wants_guest() {
            return Some(Self::left_alone(&guest.status));
        }
        // An event that was looked up before the guest was made tells of none, and one whose plan takes it over of another's.
        let anothers = event.current.as_ref().filter(|_| context.takes_over.is_none());
        Some(match anothers.and_then(|current| current.vmid) {
            Some(vmid) => {
                Self::new(State::Unmanaged, format!("guest {vmid} is not its own: adopt it, or correct the VMID"))
            }
            None => Self::compared(reported),
        })
    }

    /// Of a record whose status leaves Proxmox alone.
    pub fn left_alone(status: &crate::guest::Status) -> Self {
        Self::new(State::Unmanaged, format!("a virtual machine that is {status} is left alone"))
    }

    /// Of a record that was compared with its guest.
    pub fn compared(reported: &[ReportKey]) -> Self {
        let mut fields: Vec<&str> = reported.iter().map(|key| key.field.as_str()).collect();
        fields.sort_unstable();
        fields.dedup();
        match fields.as_slice() {
            [] => Self::new(State::InSync, ""),
            fields => Self::new(State::Differs, format!("{}: see the journal", fields.join(", "))),
        }
    }

    /// While a plan is being performed.
    pub fn working(steps: impl AsRef<str>) -> Self {
        Self::new(State::Working, steps)
    }

    /// While it waits: for its turn, for a side that does not answer, for a person who agrees.
    pub fn waiting(why: impl AsRef<str>) -> Self {
        Self::new(State::Waiting, why)
    }

    /// Until a person changes something.
    pub fn refused(why: impl AsRef<str>) -> Self {
        Self::new(State::Refused, why)
    }

    /// What is to be written so that NetBox says it, by the names of the fields; nothing where NetBox does. While a record waits,
    /// what for is not said anew: each try may fail in other words.
    pub fn changes(&self, said: &Said, names: &FieldNames, now: &str) -> Map<String, Value> {
        let is_new = said.state.as_deref() != Some(self.state.as_str());
        let text_differs = said.text.as_ref().is_some_and(|text| *text != self.text) && self.state != State::Waiting;
        let mut changes = Map::new();
        if is_new {
            changes.insert(names.state.clone(), self.state.as_str().into());
            if said.has_since {
                changes.insert(names.state_since.clone(), now.into());
            }
        }
        if let (Some(text), true) = (&said.text, is_new || text_differs)
            && *text != self.text
        {
            changes.insert(names.state_text.clone(), self.text.as_str().into());
        }
        changes
    }
}

/// What a record in NetBox says of how it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The value of the state; none where it is empty.
    state: Option<String>,
    /// Whether there is a field that says since when.
    has_since: bool,
    /// The words; none where there is no field for them.
    text: Option<String>,
}

impl Said {
    /// By the custom fields of a record as REST gives them, empty ones too; none where NetBox has no field for the state.
    pub fn of(custom: &CustomFields, names: &FieldNames) -> Option<Self> {
        let text = || custom.text(&names.state_text).unwrap_or_default();
        custom.contains(&names.state).then(|| Self {
            state: custom.text(&names.state),
            has_since: custom.contains(&names.state_since),
            text: custom.contains(&names.state_text).then(text),
        })
    }

    /// What it says once this was written.
    #[must_use]
    pub fn after(&self, standing: &Standing) -> Self {
        let text = self.text.as_ref().map(|_| standing.text.clone());
        Self { state: Some(standing.state.as_str().to_owned()), text, ..*self }
    }
}

/// Whether a change of a record is one of what it says of how it stands, and of nothing else. Who saves a record without a change
/// asks for its guest.
pub(crate) fn is_all_of(before: &Snapshot, after: &Snapshot, names: &FieldNames) -> bool {
    let ours = [&names.state, &names.state_since, &names.state_text];
    // The time of the last save is among the values up to NetBox 4.4.
    let rest = |snapshot: &Snapshot| {
        let mut values = snapshot.0.clone();
        values.remove("last_updated");
        if let Some(Value::Object(custom)) = values.get_mut("custom_fields") {
            custom.retain(|name, _| !ours.contains(&name));
        }
        values
    };
    let says = |snapshot: &Snapshot| ours.map(|name| snapshot.custom_field(name).one().ok().flatten());
    says(before) != says(after) && rest(before) == rest(after)
}

/// On one line, and no longer than a glance.
fn shortened(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(LONGEST - 1) {
        Some((at, _)) if text.len() > at => format!("{}…", &text[..at]),
        _ => text,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::event::Unmanaged;
    use crate::guest::RecordId;
    use crate::marker::MarkerState;

    fn said(custom: Value) -> Option<Said> {
        Said::of(&serde_json::from_value(custom).unwrap(), &FieldNames::default())
    }

    fn empty() -> Said {
        said(json!({"proxmox_state": null, "proxmox_state_since": null, "proxmox_state_text": null})).unwrap()
    }

    fn key(field: &str) -> ReportKey {
        let (wanted, found) = (String::new(), String::new());
        ReportKey { record: Some(RecordId(7)), birth: None, cluster: None, field: field.into(), wanted, found }
    }

    fn changes(standing: &Standing, said: &Said) -> Value {
        Value::Object(standing.changes(said, &FieldNames::default(), "2026-11-27T03:00:00Z"))
    }

    /// An event of a record with this status, whose guest is owned so.
    fn event(status: &str, ownership: Ownership, has_guest: bool) -> Event {
        let machine = json!({"id": 7, "name": "web01", "status": {"value": status, "label": ""},
            "custom_fields": {"proxmox_vm_type": "vm", "proxmox_vmid": "101"}});
        let machine = serde_json::from_value(machine).unwrap();
        let desired = Some(FieldNames::default().guest(&machine, &Default::default()));
        let current = has_guest.then(|| crate::Current::new("101".parse().ok(), proxmox_api::GuestType::Qemu));
        let context = crate::Context { ownership, ..Default::default() };
        Event { cause: Vec::new(), desired, current, context }
    }

    fn state(event: &Event, reported: &[ReportKey]) -> Option<State> {
        Standing::of(event, reported).map(|standing| standing.state)
    }

    #[test]
    fn what_a_plan_found_is_a_state() {
        let ours = || Ownership::Ours { state: MarkerState::Ready };
        assert_eq!(state(&event("active", ours(), true), &[]), Some(State::InSync));
        assert_eq!(state(&event("active", ours(), true), &[key("memory")]), Some(State::Differs));
        assert_eq!(state(&event("planned", ours(), true), &[key("memory")]), Some(State::Unmanaged));
        assert_eq!(state(&event("planned", Ownership::Unknown, false), &[]), Some(State::Unmanaged));
        assert_eq!(state(&event("active", Ownership::Unmarked, true), &[key("guest 101")]), Some(State::Unmanaged));
        assert_eq!(state(&event("active", Ownership::Unknown, false), &[key("template")]), Some(State::Differs));
        assert_eq!(state(&event("active", Ownership::Unknown, false), &[]), Some(State::InSync), "it was made");
        let mut taken_over = event("active", Ownership::Unmarked, true);
        taken_over.context.takes_over =
            Some(crate::Owner { record: RecordId(8), birth: crate::Moment::from_millis(0) });
        assert_eq!(state(&taken_over, &[]), Some(State::InSync));
        let mut left = event("active", Ownership::Unknown, false);
        let unmanaged = Unmanaged { vmid: None, cluster: "lab".into(), why: "its type is not set".into() };
        left.context.unmanaged = Some(unmanaged);
        assert_eq!(Standing::of(&left, &[]).unwrap(), Standing::new(State::Unmanaged, "its type is not set"));
        assert_eq!(state(&Event { desired: None, ..left }, &[]), None, "there is no record to say it on");
    }

    #[test]
    fn of_a_record_that_nobody_has_touched_nothing_is_said() {
        for status in ["active", "planned"] {
            let mut untouched = event(status, Ownership::Unmarked, true);
            untouched.context.untouched = true;
            assert_eq!(state(&untouched, &[]), None, "{status}");
            untouched.context.ownership = Ownership::Ours { state: MarkerState::Ready };
            assert!(state(&untouched, &[]).is_some(), "its guest is adopted");
        }
    }

    #[test]
    fn what_netbox_says_already_is_not_written() {
        let (alike, differs) =
            (Standing::compared(&[]), Standing::compared(&[key("memory"), key("disk"), key("memory")]));
        assert_eq!(differs.text, "disk, memory: see the journal");
        let first = json!({"proxmox_state": "in-sync", "proxmox_state_since": "2026-11-27T03:00:00Z"});
        assert_eq!(changes(&alike, &empty()), first);
        let now = empty().after(&alike);
        assert_eq!(changes(&alike, &now), json!({}));
        assert_eq!(changes(&differs, &now)["proxmox_state_text"], "disk, memory: see the journal");
        let (now, more) = (now.after(&differs), Standing::compared(&[key("tags")]));
        assert_eq!(changes(&more, &now), json!({"proxmox_state_text": "tags: see the journal"}), "since when stays");
        assert_eq!(changes(&alike, &now.after(&more))["proxmox_state_text"], "", "what is over is not said any more");
        let waits = |why: &str| Standing::waiting(why);
        let now = now.after(&waits("task 1 failed"));
        assert_eq!(changes(&waits("task 2 failed"), &now), json!({}), "each try fails in other words");
    }

    #[test]
    fn only_the_fields_that_netbox_has_are_written() {
        assert_eq!(said(json!({"proxmox_vmid": "101"})), None);
        let alone = said(json!({"proxmox_state": {"value": "differs", "label": "differs"}})).unwrap();
        assert_eq!(changes(&Standing::refused("no"), &alone), json!({"proxmox_state": "refused"}));
        assert_eq!(changes(&Standing::compared(&[key("tags")]), &alone), json!({}));
    }

    #[test]
    fn the_words_are_one_short_line() {
        let text = Standing::refused(format!("one\n  two {}", "é".repeat(300))).text;
        assert!(text.starts_with("one two éé") && text.ends_with('…'), "{text}");
        assert_eq!(text.chars().count(), LONGEST);
        assert_eq!(Standing::refused("é".repeat(LONGEST - 1)).text, "é".repeat(LONGEST - 1));
    }

    #[test]
    fn a_change_of_nothing_but_what_it_says_is_known_and_an_empty_one_is_a_save() {
        let machine = |custom: Value, memory: u64, updated: &str| -> Snapshot {
            let custom = json!({"proxmox_vm_type": "vm"})
                .as_object()
                .unwrap()
                .clone()
                .into_iter()
                .chain(custom.as_object().unwrap().clone())
                .collect::<Map<_, _>>();
            serde_json::from_value(json!({"memory": memory, "custom_fields": custom, "last_updated": updated})).unwrap()
        };
        let is_all = |before: &Snapshot, after: &Snapshot| is_all_of(before, after, &FieldNames::default());
        let before = machine(json!({}), 1024, "1");
        assert!(is_all(&before, &machine(json!({"proxmox_state": "in-sync", "proxmox_state_text": ""}), 1024, "2")));
        assert!(!is_all(&before, &machine(json!({"proxmox_state": "in-sync"}), 2048, "2")));
        assert!(!is_all(&before, &machine(json!({"proxmox_state": "in-sync", "proxmox_node": "pve1"}), 1024, "2")));
        assert!(!is_all(&before, &machine(json!({}), 1024, "2")), "a save without a change");
    }
}
