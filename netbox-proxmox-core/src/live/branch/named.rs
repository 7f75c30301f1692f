//! The branch that a person means.

use netbox_api::client::{Branch, BranchFilter};

use crate::executor::{Failure, FailureKind};
use crate::live::bridge::Bridge;

/// Why there is no branch to plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unnamed {
    /// None is called so.
    #[error("NetBox has no branch {meant}; {}", others(ready))]
    None {
        /// What was meant.
        meant: String,
        /// The names of those that can be planned.
        ready: Vec<String>,
    },
    /// Several are.
    #[error("NetBox has several branches {0}: give the schema id of one")]
    Several(String),
    /// NetBox knows no branches.
    #[error("this NetBox has no branches: its plugin netbox-branching is not installed")]
    NoPlugin,
    /// It cannot be looked into.
    #[error("branch {name} is {status}: only a branch that is ready can be planned")]
    NotReady {
        /// Its name.
        name: String,
        /// Its state, in NetBox's words.
        status: String,
    },
    /// NetBox could not be asked.
    #[error(transparent)]
    Failed(#[from] Failure),
}

fn others(ready: &[String]) -> String {
    if ready.is_empty() { "none is ready".to_owned() } else { format!("ready are {}", ready.join(", ")) }
}

impl From<Unnamed> for Failure {
    fn from(unnamed: Unnamed) -> Self {
        match unnamed {
            Unnamed::Failed(failure) => failure,
            other => Self::new(FailureKind::Refused, other.to_string()),
        }
    }
}

/// The branch that a person means by its name or its `schema_id`, if it can be planned.
///
/// # Errors
/// There is none, not one alone, or it is not ready.
pub async fn named(bridge: &Bridge, meant: &str) -> Result<Branch, Unnamed> {
    let branches = match bridge.netbox.branches().all(&BranchFilter::default()).await {
        Ok(branches) => branches,
        // A page, from a NetBox that has no such path.
        Err(error) if error.status() == Some(404) => return Err(Unnamed::NoPlugin),
        Err(error) => return Err(Unnamed::Failed(error.into())),
    };
    let is_it = |branch: &&Branch| branch.name == meant || branch.schema_id == meant;
    match branches.iter().filter(is_it).collect::<Vec<_>>().as_slice() {
        [] => {
            let ready = branches.iter().filter(|branch| branch.is_ready()).map(|branch| branch.name.clone()).collect();
            Err(Unnamed::None { meant: meant.to_owned(), ready })
        }
        [branch] if branch.is_ready() => Ok((*branch).clone()),
        [branch] => {
            let status = branch.status.as_ref().map_or_else(|| "in no state".to_owned(), |status| status.value.clone());
            Err(Unnamed::NotReady { name: branch.name.clone(), status })
        }
        _ => Err(Unnamed::Several(meant.to_owned())),
    }
}
