//! What a branch shows of its plan: custom fields of its own, for people, for lists and for the gate.

use netbox_api::CustomValue;
use netbox_api::client::Branch;

use super::{Digest, Verdict};

/// The object type of branches.
pub const BRANCH: &str = "netbox_branching.branch";

/// The field that says how the plan stands: a selection.
pub const PLAN: &str = "proxmox_plan";

/// The field that says of what the plan was made: a text.
pub const DIGEST: &str = "proxmox_plan_digest";

/// The field with the plan in one line.
pub const SUMMARY: &str = "proxmox_plan_summary";

/// The field in which another person agrees to what the brakes would hold.
pub const APPROVED: &str = "proxmox_plan_approved";

/// How a plan stands, as the branch says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stand {
    /// All of it will be done.
    Planned,
    /// It changes no guest.
    NothingToDo,
    /// Something of it will not be done, or not be merged unasked.
    Refused,
    /// The branch has changed since, and is about to be planned again.
    Stale,
    /// Nothing certain can be said yet.
    Failed,
}

impl Stand {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Planned, Self::NothingToDo, Self::Refused, Self::Stale, Self::Failed];

    /// The value of the choice.
    pub fn value(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::NothingToDo => "nothing-to-do",
            Self::Refused => "refused",
            Self::Stale => "stale",
            Self::Failed => "failed",
        }
    }

    /// What people read.
    pub fn label(self) -> &'static str {
        match self {
            Self::Planned => "Planned",
            Self::NothingToDo => "Nothing to do",
            Self::Refused => "Refused",
            Self::Stale => "Stale",
            Self::Failed => "Failed",
        }
    }

    /// The colour of its badge, by NetBox's name.
    pub fn colour(self) -> &'static str {
        match self {
            Self::Planned => "green",
            Self::NothingToDo => "gray",
            Self::Refused => "red",
            Self::Stale => "yellow",
            Self::Failed => "orange",
        }
    }

    /// Whether a plan was made that says what will happen.
    pub(super) fn is_of_a_plan(self) -> bool {
        matches!(self, Self::Planned | Self::NothingToDo | Self::Refused)
    }
}

impl From<Verdict> for Stand {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Planned => Self::Planned,
            Verdict::NothingToDo => Self::NothingToDo,
            Verdict::Refused => Self::Refused,
            Verdict::Failed => Self::Failed,
        }
    }
}

/// What a branch shows now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Shown {
    /// How the plan stands; none: nothing that is known.
    pub(super) stand: Option<Stand>,
    /// Of what it was made.
    pub(super) digest: String,
    /// The plan in one line.
    pub(super) summary: String,
    /// Whether somebody says that it is agreed to.
    pub(super) approved: bool,
}

impl Shown {
    /// None: NetBox does not have both fields that a plan needs.
    pub(super) fn of(branch: &Branch) -> Option<Self> {
        let fields = &branch.custom_fields;
        let stand = fields.select(PLAN);
        (fields.contains(PLAN) && fields.contains(DIGEST)).then(|| Self {
            stand: Stand::ALL.into_iter().find(|known| stand == Some(known.value())),
            digest: fields.text(DIGEST).unwrap_or_default(),
            summary: fields.text(SUMMARY).unwrap_or_default(),
            approved: matches!(fields.get(APPROVED), CustomValue::Value(value) if value.as_bool() == Some(true)),
        })
    }

    /// The branch's half of the digest.
    pub(super) fn of_branch(&self) -> &str {
        self.digest.split_once(' ').map_or(self.digest.as_str(), |(branch, _)| branch)
    }

    /// The plan's half of the digest: another plan has another one.
    pub(super) fn of_plan(&self) -> &str {
        self.digest.split_once(' ').map_or("", |(_, plan)| plan)
    }
}

/// Of what a plan was made, and which plan it is, `14:63 9f86d081884c7d65`: the gate compares the first word with the branch, a
/// person agrees to both. Main's position is not in it: most of what main does leaves the plan as it is.
pub(super) fn digest(of: &Digest, plan: &str) -> String {
    format!("{} {}", of.branch, fingerprint(plan))
}

/// FNV-1a: the same in every release. It guards against mistakes; who would forge a plan cannot write the branch's half.
fn fingerprint(text: &str) -> String {
    let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    format!("{:016x}", text.bytes().fold(0xcbf2_9ce4_8422_2325, mix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_of_a_branch_and_of_a_plan() {
        let of = Digest { branch: "14:63".to_owned(), main: None };
        let shown = Shown { digest: digest(&of, "foobar"), ..Shown::default() };
        // The published value of FNV-1a.
        assert_eq!((shown.of_branch(), shown.of_plan()), ("14:63", "85944171f73967e8"));
        assert_eq!(Shown::default().of_plan(), "");
    }
}
