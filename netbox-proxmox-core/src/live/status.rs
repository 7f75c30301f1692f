//! What a server tells people of itself: connected, waiting, done, and what is wrong. Never a secret.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::bridge::now;
use super::checks::{Check, Verdict};
use super::inbox::{EventCounts, Inbox, InboxError, StoredEvent};

/// How many of the newest events are told.
const NEWEST: u32 = 20;

/// What a server tells of itself.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Status {
    /// Its version.
    pub version: String,
    /// Since when it runs, in seconds since 1970.
    pub started: u64,
    /// Whether it can work.
    pub ready: bool,
    /// Why not.
    pub reasons: Vec<String>,
    /// NetBox's address.
    pub netbox: String,
    /// The clusters, with their addresses.
    pub clusters: Vec<ClusterStatus>,
    /// The file of the inbox.
    pub inbox: String,
    /// The policy in force, where it is not the default.
    pub policy: String,
    /// How many events stand where.
    pub events: Counts,
    /// When NetBox's change log was last read, in seconds since 1970.
    pub caught_up: Option<u64>,
    /// How far NetBox's change log has been read, while it is.
    pub catching_up: Option<Doing>,
    /// When both sides were last compared, and what was found.
    pub compared: Option<Compared>,
    /// How far both sides have been compared, while they are.
    pub comparing: Option<Doing>,
    /// Whether NetBox's branches are planned, in words; empty: nobody has looked yet.
    pub branches: String,
    /// What is not as it should be.
    pub troubles: Vec<Trouble>,
    /// The newest events, newest first.
    pub newest: Vec<Recent>,
}

/// A Proxmox cluster.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClusterStatus {
    /// What it is called.
    pub name: String,
    /// Its addresses.
    pub addresses: Vec<String>,
}

/// `lab (https://pve01:8006, https://pve02:8006)`
impl fmt::Display for ClusterStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.addresses.join(", "))
    }
}

/// How many events stand where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Wait for their turn.
    pub waiting: u64,
    /// Wait for a person.
    pub parked: u64,
    /// Were answered with something that could only be reported.
    pub reported: u64,
}

/// A comparison of both sides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Compared {
    /// When, in seconds since 1970.
    pub at: u64,
    /// How many records were compared with their guests.
    pub compared: usize,
    /// How many differ.
    pub differ: usize,
    /// How many could not be compared.
    pub failed: usize,
}

/// How far something has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Doing {
    /// How many entries or guests are done.
    pub done: usize,
    /// How many there are, at most.
    pub of: usize,
}

/// `150 of at most 600`
impl fmt::Display for Doing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of at most {}", self.done, self.of)
    }
}

/// What is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// How bad it is.
    pub verdict: Verdict,
    /// What it is, and what to do.
    pub text: String,
}

/// An event, as people look at it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Recent {
    /// When it came, in seconds since 1970.
    pub received: u64,
    /// Where it stands.
    pub state: String,
    /// The guest's name.
    pub guest: String,
    /// The record's id.
    pub record: u64,
    /// What happened: `virtualmachine 7 updated`.
    pub what: String,
    /// Why it stands there, or what could only be reported.
    pub reason: Option<String>,
    /// The request in NetBox.
    pub request: Option<String>,
}

impl From<&StoredEvent> for Recent {
    fn from(event: &StoredEvent) -> Self {
        let change = &event.change;
        Self {
            received: event.received,
            state: event.stands().to_owned(),
            guest: change.name.clone(),
            record: change.record.0,
            what: event.what(),
            reason: event.reason.clone(),
            request: change.request.clone(),
        }
    }
}

impl Status {
    /// Takes from the inbox how many events stand where, and the newest.
    ///
    /// # Errors
    /// It cannot be read.
    pub async fn read(&mut self, inbox: &Inbox) -> Result<(), InboxError> {
        let EventCounts { pending: waiting, parked, reported, .. } = inbox.store().counts().await?;
        self.events = Counts { waiting, parked, reported };
        self.newest = inbox.store().events(None, NEWEST).await?.iter().map(Recent::from).collect();
        Ok(())
    }

    /// What is told in lines: of what, and what.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let ready = match self.ready {
            true => "ready".to_owned(),
            false => format!("NOT READY: {}", self.reasons.join("; ")),
        };
        let clusters = self.clusters.iter().map(ToString::to_string);
        let caught_up = self.caught_up.map_or("not yet".to_owned(), ago);
        let compared = self.compared.map(|it| {
            let Compared { at, compared, differ, failed } = it;
            let unread = if failed > 0 { format!(", {failed} could not be compared") } else { String::new() };
            format!("{}: {compared} compared, {differ} differed{unread}", ago(at))
        });
        let Counts { waiting, parked, reported } = self.events;
        let branches = if self.branches.is_empty() { "not looked at yet" } else { &self.branches };
        vec![
            ("server", format!("version {}, started {}, {ready}", self.version, ago(self.started))),
            ("NetBox", self.netbox.clone()),
            ("Proxmox", clusters.collect::<Vec<_>>().join(", ")),
            ("inbox", self.inbox.clone()),
            ("policy", self.policy.clone()),
            ("events", format!("{waiting} waiting, {parked} parked (for a person), {reported} reported")),
            ("change log read", with(caught_up, self.catching_up)),
            ("both sides compared", with(compared.unwrap_or_else(|| "not yet".to_owned()), self.comparing)),
            ("branches", branches.to_owned()),
        ]
    }

    /// Takes from checks what is not as it should be.
    pub fn judge(&mut self, checks: &[Check]) {
        let bad = checks.iter().filter(|check| check.verdict != Verdict::Ok);
        self.troubles = bad.map(|check| Trouble { verdict: check.verdict, text: check.to_string() }).collect();
        self.troubles.sort_by_key(|trouble| std::cmp::Reverse(trouble.verdict));
    }
}

/// When something was last done, and how far it has come now.
fn with(last: String, doing: Option<Doing>) -> String {
    match doing {
        Some(doing) => format!("{last}; now: {doing}"),
        None => last,
    }
}

/// How long ago a time is, as people say it.
pub fn ago(time: u64) -> String {
    let seconds = now().saturating_sub(time);
    match seconds {
        0..=119 => format!("{seconds} s ago"),
        120..=7199 => format!("{} min ago", seconds / 60),
        7200..=172_799 => format!("{} h ago", seconds / 3600),
        _ => format!("{} d ago", seconds / 86_400),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn how_far_something_has_come_is_told_while_it_goes_on() {
        let told = |status: &Status| status.facts().into_iter().find(|(name, _)| *name == "change log read").unwrap().1;
        let status = Status { catching_up: Some(Doing { done: 150, of: 600 }), ..Status::default() };
        assert_eq!(told(&status), "not yet; now: 150 of at most 600");
        assert_eq!(told(&Status::default()), "not yet");
    }
}
