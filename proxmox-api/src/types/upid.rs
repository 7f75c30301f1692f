//! The name of a task.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use super::{NodeName, ParseError, serde_as_text};

/// The name of a Proxmox task: `UPID:node:pid:pstart:starttime:type:id:user:`, the numbers in hexadecimal.
///
/// It says on which node the task runs, so a task can be followed again from its stored UPID alone. Equality,
/// order and hash are those of the text.
#[derive(Clone)]
pub struct Upid {
    text: String,
    node: NodeName,
    pid: u32,
    pstart: u64,
    starttime: u64,
    /// Byte ranges in `text`.
    kind: (usize, usize),
    id: (usize, usize),
    user: (usize, usize),
}

impl Upid {
    /// The text, as Proxmox wrote it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The node that runs the task.
    pub fn node(&self) -> &NodeName {
        &self.node
    }

    /// The process id of the worker.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// When the worker started, in clock ticks since the node booted.
    pub fn pstart(&self) -> u64 {
        self.pstart
    }

    /// When the task started, in seconds since 1970 UTC.
    pub fn starttime(&self) -> u64 {
        self.starttime
    }

    /// What kind of task, such as `qmclone`.
    pub fn kind(&self) -> &str {
        &self.text[self.kind.0..self.kind.1]
    }

    /// What it works on: mostly a VMID, for `qmclone` the *source's* (Proxmox VE 9.1). May be empty.
    pub fn id(&self) -> &str {
        &self.text[self.id.0..self.id.1]
    }

    /// Who started it: `user@realm`, or `user@realm!token`.
    pub fn user(&self) -> &str {
        &self.text[self.user.0..self.user.1]
    }
}

impl FromStr for Upid {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let error = |reason: &str| ParseError::new("UPID", text, reason);
        if text.chars().any(char::is_whitespace) {
            return Err(error("it contains whitespace"));
        }
        let fields: Vec<&str> = text.split(':').collect();
        let ["UPID", node, pid, pstart, starttime, kind, id, user, ""] = fields[..] else {
            return Err(error("expected UPID:node:pid:pstart:starttime:type:id:user:"));
        };
        if kind.is_empty() || user.is_empty() {
            return Err(error("the type or the user is missing"));
        }
        let hex = |field: &str| {
            let plain = (8..=16).contains(&field.len()) && field.bytes().all(|b| b.is_ascii_hexdigit());
            plain.then(|| u64::from_str_radix(field, 16).ok()).flatten()
        };
        let number = |field| hex(field).ok_or_else(|| error("a number is not at least eight hexadecimal digits"));
        let range = |field: &str| {
            let start = field.as_ptr() as usize - text.as_ptr() as usize;
            (start, start + field.len())
        };
        Ok(Self {
            node: NodeName::new(node).map_err(|e| error(e.reason()))?,
            pid: u32::try_from(number(pid)?).map_err(|_| error("the process id is too large"))?,
            pstart: number(pstart)?,
            starttime: number(starttime)?,
            kind: range(kind),
            id: range(id),
            user: range(user),
            text: text.to_owned(),
        })
    }
}

impl fmt::Display for Upid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Upid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Upid({})", self.text)
    }
}

impl PartialEq for Upid {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Upid {}

impl PartialOrd for Upid {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Upid {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.text.cmp(&other.text)
    }
}

impl Hash for Upid {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl AsRef<str> for Upid {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

serde_as_text!(Upid);

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CLONE: &str = "UPID:pve:000000F9:00056CB7:6B02ADBE:qmclone:9001:root@pam!lab:";

    #[test]
    fn says_what_it_is() {
        let upid: Upid = CLONE.parse().unwrap();
        assert_eq!(upid.node().as_str(), "pve");
        assert_eq!((upid.pid(), upid.pstart(), upid.starttime()), (0xF9, 0x56CB7, 0x6B02_ADBE));
        assert_eq!((upid.kind(), upid.id(), upid.user()), ("qmclone", "9001", "root@pam!lab"));
        assert_eq!(upid.to_string(), CLONE);
        let json = serde_json::to_string(&upid).unwrap();
        assert_eq!(serde_json::from_str::<Upid>(&json).unwrap(), upid);
    }

    #[test]
    fn an_empty_id_and_a_long_uptime_are_fine() {
        let upid: Upid = "UPID:pve:000000F9:100056CB7:6B02ADBE:vzdump::root@pam:".parse().unwrap();
        assert_eq!((upid.id(), upid.pstart()), ("", 0x1_0005_6CB7));
    }

    #[test]
    fn what_is_not_a_upid_is_refused() {
        for bad in [
            "",
            "UPID:",
            "UPID:pve:F9:00056CB7:6B02ADBE:qmclone:9001:root@pam:",
            "UPID:p/e:000000F9:00056CB7:6B02ADBE:qmclone:9001:root@pam:",
            "UPID:pve:000000F9:00056CB7:6B02ADBE:qmclone:9001:root@pam",
            "UPID:pve:000000F9:00056CB7:6B02ADBE:qmclone:9001:root@pam:x",
            "UPID:pve:+00000F9:00056CB7:6B02ADBE:qmclone:9001:root@pam:",
            "UPID:pve:000000F9:00056CB7:6B02ADBE::9001:root@pam:",
            "UPID:pve:000000F9:00056CB7:6B02ADBE:qm clone:9001:root@pam:",
        ] {
            assert!(bad.parse::<Upid>().is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(UPID:)?[\\PC:]*") {
            let _ = text.parse::<Upid>();
        }
    }
}
