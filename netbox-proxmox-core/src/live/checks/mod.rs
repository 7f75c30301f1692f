//! Whether everything is as the bridge needs it, as data: each check says what was looked at, how it is, and what to do.
//! The command line prints them, the server says them at its start and when they change. Nothing is changed by a check.

mod branches;
mod clocks;
mod cluster;
mod endpoints;
mod fields;
mod inbox;
mod netbox;
mod probe;
mod rights;
mod server;
mod sizes;
mod templates;
pub(super) mod webhook;
mod workers;

use std::path::PathBuf;

use proxmox_api::SecretString;
use serde::{Deserialize, Serialize};

use super::inbox::Inbox;
use super::offer::Offer;
use crate::policy::Policy;
use crate::record::FieldNames;

pub use probe::{Arrivals, probe};
pub use server::{Answered, server};

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// It works, but not all of it, or not for long.
    Warning,
    /// Something that the bridge needs does not work.
    Failure,
}

impl Verdict {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failure => "failure",
        }
    }
}

/// Of what kind a failure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A token or a signature is not accepted, or something is not allowed.
    Denied,
    /// Something that is named does not exist.
    Missing,
    /// Nobody answers, or another.
    Unreachable,
    /// It is not set up as it must be.
    Wrong,
}

/// What was looked at, how it is, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was looked at.
    pub what: String,
    /// How it is.
    pub verdict: Verdict,
    /// What was found, and what that means.
    pub detail: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
    /// Of what kind a failure is.
    #[serde(skip)]
    pub fault: Option<Fault>,
    /// Whether no guest can be managed until this is mended.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub blocks: bool,
}

impl Check {
    /// As it should be.
    pub fn ok(what: impl Into<String>, detail: impl Into<String>) -> Self {
        let (what, detail) = (what.into(), detail.into());
        Self { what, verdict: Verdict::Ok, detail, advice: None, fault: None, blocks: false }
    }

    /// Worth knowing.
    pub fn warning(what: impl Into<String>, detail: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { verdict: Verdict::Warning, advice: Some(advice.into()), ..Self::ok(what, detail) }
    }

    /// To be mended.
    pub fn failure(
        what: impl Into<String>,
        fault: Fault,
        detail: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self { verdict: Verdict::Failure, advice: Some(advice.into()), fault: Some(fault), ..Self::ok(what, detail) }
    }

    /// What was found, and what to do.
    pub fn text(&self) -> String {
        let end = if self.detail.ends_with(['.', '!', '?']) { "" } else { "." };
        match &self.advice {
            Some(advice) => format!("{}{end} {advice}", self.detail),
            None => self.detail.clone(),
        }
    }

    /// No guest can be managed until this is mended.
    #[must_use]
    pub fn blocking(self) -> Self {
        Self { blocks: true, ..self }
    }

    /// What a request without an answer that can be used makes of it.
    fn unanswered(what: impl Into<String>, error: impl Into<crate::executor::Failure>) -> Self {
        let failure = error.into();
        let (fault, advice) = match failure.kind {
            crate::executor::FailureKind::Permission => (Fault::Denied, "Give the token what it lacks"),
            crate::executor::FailureKind::Refused => (Fault::Wrong, "Look at what it says"),
            _ => (Fault::Unreachable, "Try again; if it stays so, look at the log of what was asked"),
        };
        Self::failure(what, fault, failure.why, advice)
    }
}

/// `rights of NETBOX_TOKEN: it may not change virtual machines: … Give …`
impl std::fmt::Display for Check {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.what, self.text())
    }
}

/// A Proxmox cluster as the settings say it, reached or not.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// What it is called in texts: `NETBOX_CLUSTER`, or its addresses.
    pub label: String,
    /// `NETBOX_CLUSTER`.
    pub netbox_cluster: Option<String>,
    /// The client of its API.
    pub client: proxmox_api::Client,
}

/// The inbox, as far as it is there.
#[derive(Clone)]
pub enum Kept {
    /// It is open.
    Open {
        /// It.
        inbox: Inbox,
        /// Its file, or the address of its database without a password.
        file: PathBuf,
    },
    /// Nobody has made it yet.
    Absent {
        /// Its file.
        file: PathBuf,
    },
    /// It is there, and cannot be opened.
    Unusable {
        /// Its file, or the address of its database without a password.
        file: PathBuf,
        /// Why.
        why: String,
    },
}

/// How deliveries are received.
#[derive(Debug, Clone, Default)]
pub struct Receiving {
    /// The paths that take them.
    pub paths: Vec<String>,
    /// The secrets that may have signed them; none where they are not known here.
    pub secrets: Vec<SecretString>,
}

/// All that is looked at.
#[derive(Clone)]
pub struct Surroundings {
    /// NetBox.
    pub netbox: netbox_api::Client,
    /// The Proxmox clusters.
    pub clusters: Vec<Candidate>,
    /// The durable memory.
    pub kept: Kept,
    /// How deliveries are received.
    pub receiving: Receiving,
    /// The choices.
    pub policy: Policy,
    /// The names of the custom fields.
    pub fields: FieldNames,
}

impl Surroundings {
    /// Looks at everything: first NetBox, then each Proxmox cluster, then what both must agree on, then the inbox. What a
    /// failure makes impossible to look at is left out.
    pub async fn check(&self) -> Vec<Check> {
        let (mut checks, netbox) = netbox::check(&self.netbox).await;
        if let Some(status) = &netbox {
            checks.extend(rights::in_netbox(&self.netbox).await);
            checks.extend(workers::check(&self.netbox, status).await);
            checks.extend(webhook::check(&self.netbox, &self.receiving).await);
            checks.extend(branches::check(&self.netbox, status).await);
        }
        let mut sides = Vec::new();
        for candidate in &self.clusters {
            let (found, reached) = endpoints::check(candidate).await;
            checks.extend(found);
            let Some(client) = reached else { continue };
            if let Some(status) = &netbox {
                checks.extend(cluster::check(&self.netbox, status, candidate, &client, &self.kept).await);
            }
            checks.push(rights::in_proxmox(&candidate.label, &client, &self.policy).await);
            match Offer::of(&client).await {
                Ok(offer) => {
                    checks.extend(templates::check(&candidate.label, &client, &offer).await);
                    sides.push(offer);
                }
                Err(error) => checks.push(Check::unanswered(format!("guests of {}", candidate.label), error)),
            }
        }
        if netbox.is_some() {
            // What a cluster that was not reached has is not known, so no choice can be called wrong.
            let all = (sides.len() == self.clusters.len()).then_some(sides);
            checks.extend(fields::check(&self.netbox, &self.fields, all.as_deref()).await);
            checks.push(sizes::check(&self.policy));
        }
        checks.extend(inbox::check(&self.kept).await);
        checks
    }

    /// Looks at what discovering guests takes besides, on both sides.
    pub async fn discovery(&self) -> Vec<Check> {
        let mut checks = rights::to_discover(&self.netbox).await;
        for Candidate { label, client, .. } in &self.clusters {
            checks.push(rights::guest_agent(label, client, &self.policy).await);
        }
        checks
    }
}

/// The failures of which each alone keeps everything from being managed; not what cannot be reached, which is looked at more
/// often than checks are made.
pub fn blocking(checks: &[Check]) -> Vec<String> {
    let blocks = |check: &&Check| check.blocks && check.fault != Some(Fault::Unreachable);
    checks.iter().filter(blocks).map(ToString::to_string).collect()
}
