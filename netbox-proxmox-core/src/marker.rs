//! The marker: one line in a guest's description that says which NetBox record it belongs to.
//!
//! `netbox-proxmox: netbox.example.org record 42 vmid 101 creating born 2026-11-22T08:15:21.921Z`
//!
//! The record is known by its id and its birth: a NetBox that is restored gives an id again (seen on NetBox 4.7.3). The
//! VMID must be the guest's own, because a clone of our guest carries our line (seen on Proxmox VE 9.1).

use std::fmt;

use proxmox_api::Vmid;
use serde::{Deserialize, Serialize};

use crate::event::Ownership;
use crate::guest::{Owner, RecordId};
use crate::moment::Moment;

const PREFIX: &str = "netbox-proxmox:";

/// How far the guest of a marker has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MarkerState {
    /// It is being created: what its record says is applied whatever the record's status in P.
    Creating,
    /// Its creation, power state included, was reached.
    Ready,
}

impl MarkerState {
    fn as_str(self) -> &'static str {
        match self {
            Self::Creating => "creating",
            Self::Ready => "ready",
        }
    }
}

/// The line that says which record of which NetBox a guest belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker {
    /// Identity of the NetBox; by default the host of its URL. It has no white space.
    pub netbox: String,
    /// The record's id.
    pub record: RecordId,
    /// When the record was created; a marker that does not say so was written by an early version, and owns nothing.
    pub birth: Option<Moment>,
    /// The guest's own VMID.
    pub vmid: Vmid,
    /// How far its creation has come.
    pub state: MarkerState,
}

impl fmt::Display for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { netbox, record, birth, vmid, state } = self;
        let born = birth.map_or_else(String::new, |birth| format!(" born {birth}"));
        write!(f, "{PREFIX} {netbox} record {record} vmid {vmid} {}{born}", state.as_str())
    }
}

impl Marker {
    /// The record, if the marker says when it was created.
    pub fn owner(&self) -> Option<Owner> {
        Some(Owner { record: self.record, birth: self.birth? })
    }

    /// The first marker in a guest's description, if it has one that can be read.
    pub fn find(description: &str) -> Option<Self> {
        description.lines().find_map(Self::parse)
    }

    fn parse(line: &str) -> Option<Self> {
        let mut words = line.trim().strip_prefix(PREFIX)?.split_whitespace();
        let netbox = words.next()?.to_owned();
        let ("record", record) = (words.next()?, words.next()?.parse().ok()?) else { return None };
        let ("vmid", vmid) = (words.next()?, words.next()?.parse().ok()?) else { return None };
        let state = match words.next()? {
            "creating" => MarkerState::Creating,
            "ready" => MarkerState::Ready,
            _ => return None,
        };
        let birth = match words.next() {
            Some("born") => Some(words.next()?.parse().ok()?),
            _ => None,
        };
        Some(Self { netbox, record: RecordId(record), birth, vmid, state })
    }

    /// The description with this marker in place of any marker it holds; people's lines stay as they are.
    pub fn write_into(&self, description: &str) -> String {
        let lines = description.lines().map(|line| line.trim_end_matches('\r'));
        let mut lines: Vec<&str> = lines.filter(|line| !line.trim_start().starts_with(PREFIX)).collect();
        while lines.last().is_some_and(|line| line.trim().is_empty()) {
            lines.pop();
        }
        let marker = self.to_string();
        lines.push(&marker);
        lines.join("\n")
    }
}

/// Who a guest belongs to, seen from a record.
///
/// `identities` are the names of our NetBox: the present one first, then former ones.
pub fn ownership(description: Option<&str>, vmid: Vmid, owner: Owner, identities: &[String]) -> Ownership {
    let Some(marker) = description.and_then(Marker::find) else { return Ownership::Unmarked };
    if !identities.contains(&marker.netbox) {
        let whose = format!("virtual machine {} of NetBox {}", marker.record, marker.netbox);
        return Ownership::Another { whose, record: None };
    }
    if marker.vmid != vmid {
        // A copy of our guest, made by a person: its line names the original.
        return Ownership::Unmarked;
    }
    let whose = match marker.birth {
        Some(birth) if marker.record != owner.record || birth == owner.birth => {
            format!("virtual machine {} (created {birth})", marker.record)
        }
        Some(birth) => {
            format!("a former virtual machine {} (created {birth}, this one {})", marker.record, owner.birth)
        }
        None if marker.record == owner.record => return Ownership::Undated,
        None => format!("virtual machine {}", marker.record),
    };
    match marker.owner() {
        Some(marked) if marked == owner => Ownership::Ours { state: marker.state },
        record => Ownership::Another { whose, record },
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const BORN: &str = "2026-11-22T08:15:21.921Z";

    fn marker() -> Marker {
        Marker {
            netbox: "netbox.example.org".into(),
            record: RecordId(42),
            birth: Some(BORN.parse().unwrap()),
            vmid: Vmid::new(101).unwrap(),
            state: MarkerState::Creating,
        }
    }

    fn owner(description: &str, vmid: u32, record: u64) -> Ownership {
        born(BORN, description, vmid, record)
    }

    fn born(birth: &str, description: &str, vmid: u32, record: u64) -> Ownership {
        let identities = ["netbox.example.org".to_owned(), "old.example.org".to_owned()];
        let owner = Owner { record: RecordId(record), birth: birth.parse().unwrap() };
        ownership(Some(description), Vmid::new(vmid).unwrap(), owner, &identities)
    }

    #[test]
    fn what_was_written_into_a_description_is_not_written_again() {
        for notes in ["", "note", "note\r\n", "note\r", "\r", "note\n\n"] {
            let written = marker().write_into(notes);
            assert_eq!(marker().write_into(&written), written, "{notes:?}");
        }
    }

    #[test]
    fn a_marker_is_found_among_the_notes_of_people() {
        let text = marker().write_into("web server\n\nask Ops before a restart\n");
        assert_eq!(
            text,
            "web server\n\nask Ops before a restart\nnetbox-proxmox: netbox.example.org record 42 vmid 101 creating \
             born 2026-11-22T08:15:21.921Z"
        );
        assert_eq!(Marker::find(&text), Some(marker()));
        let ready = Marker { state: MarkerState::Ready, ..marker() }.write_into(&text);
        assert_eq!(ready.matches(PREFIX).count(), 1);
        assert!(ready.starts_with("web server\n\nask Ops"));
    }

    #[test]
    fn a_copied_or_foreign_marker_is_not_ours() {
        let line = marker().to_string();
        assert_eq!(owner(&line, 101, 42), Ownership::Ours { state: MarkerState::Creating });
        assert_eq!(owner(&line, 102, 42), Ownership::Unmarked);
        assert!(matches!(owner(&line, 101, 43), Ownership::Another { .. }));
        assert!(matches!(owner(&line.replace("netbox.example", "other.example"), 101, 42), Ownership::Another { .. }));
        assert_eq!(owner(&line.replace("netbox.", "old."), 101, 42), Ownership::Ours { state: MarkerState::Creating });
        assert_eq!(owner("netbox-proxmox: broken", 101, 42), Ownership::Unmarked);
        assert_eq!(owner("", 101, 42), Ownership::Unmarked);
    }

    #[test]
    fn a_record_with_the_same_id_and_another_birth_is_another() {
        let line = marker().to_string();
        let later = born("2026-11-23T10:00:00Z", &line, 101, 42);
        let Ownership::Another { whose, record } = later else { panic!("{later:?}") };
        assert!(whose.starts_with("a former virtual machine 42 (created 2026-11-22"), "{whose}");
        assert_eq!(record, marker().owner());
        assert_eq!(
            born("2026-11-22T08:15:21.921692Z", &line, 101, 42),
            Ownership::Ours { state: MarkerState::Creating }
        );
    }

    #[test]
    fn a_marker_without_a_birth_is_an_old_one_and_owns_nothing() {
        let line = "netbox-proxmox: netbox.example.org record 42 vmid 101 ready";
        assert_eq!(owner(line, 101, 42), Ownership::Undated);
        assert_eq!(Marker::find(line).unwrap().to_string(), line);
        assert!(matches!(owner(line, 101, 43), Ownership::Another { record: None, .. }));
        assert_eq!(owner(line, 102, 42), Ownership::Unmarked, "a copy");
    }
}
