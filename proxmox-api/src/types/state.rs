//! What a guest is and whether it runs.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::serde_as_text;

/// Whether a guest runs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PowerState {
    /// `running`
    Running,
    /// `stopped`
    Stopped,
    /// `paused` (in `qmpstatus` and, after a moment, in `/cluster/resources`)
    Paused,
    /// Another word, such as `prelaunch`, `suspended`, or the `unknown` a list shows of a guest it has not seen yet.
    Other(String),
}

impl PowerState {
    /// Proxmox's word.
    pub fn as_str(&self) -> &str {
        match self {
            PowerState::Running => "running",
            PowerState::Stopped => "stopped",
            PowerState::Paused => "paused",
            PowerState::Other(word) => word,
        }
    }
}

impl From<&str> for PowerState {
    fn from(word: &str) -> Self {
        match word {
            "running" => PowerState::Running,
            "stopped" => PowerState::Stopped,
            "paused" => PowerState::Paused,
            other => PowerState::Other(other.to_owned()),
        }
    }
}

impl FromStr for PowerState {
    type Err = Infallible;

    fn from_str(word: &str) -> Result<Self, Infallible> {
        Ok(word.into())
    }
}

impl fmt::Display for PowerState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

serde_as_text!(PowerState);

/// The kind of a guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GuestType {
    /// A virtual machine.
    Qemu,
    /// A container.
    Lxc,
}

impl GuestType {
    /// As in the API's paths: `qemu`, `lxc`.
    pub const fn as_str(self) -> &'static str {
        match self {
            GuestType::Qemu => "qemu",
            GuestType::Lxc => "lxc",
        }
    }
}

impl fmt::Display for GuestType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_state_is_kept() {
        for word in ["running", "stopped", "paused", "prelaunch", "unknown"] {
            let state: PowerState = serde_json::from_value(word.into()).unwrap();
            assert_eq!(serde_json::to_value(&state).unwrap(), word);
        }
        assert_eq!(PowerState::from("paused"), PowerState::Paused);
    }

    #[test]
    fn kinds_are_the_words_of_the_paths() {
        assert_eq!(serde_json::to_string(&GuestType::Qemu).unwrap(), r#""qemu""#);
        assert_eq!(serde_json::from_str::<GuestType>(r#""lxc""#).unwrap(), GuestType::Lxc);
    }
}
