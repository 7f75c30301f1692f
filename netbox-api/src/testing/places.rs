//! What the addresses of the REST API lead to.

use super::available::Available;
use super::models::{by_path, model, models};
use super::schema::{Kind, Model};

/// What an address leads to.
pub(super) enum Place {
    Root,
    Status,
    AuthenticationCheck,
    Queues,
    List(&'static Model),
    Object(&'static Model, u64),
    /// The choices of a choice set.
    Choices(u64),
    /// What is free in a prefix.
    Available(u64, Available),
    BranchChanges,
    Dashboard,
    Scripts,
    ScriptUpload,
    /// What is done with a branch.
    BranchAction(u64, &'static str),
}

/// Where a path below `/api/` leads, without slashes at its ends.
pub(super) fn locate(path: &str) -> Option<Place> {
    match path {
        "" => return Some(Place::Root),
        "status" => return Some(Place::Status),
        "core/background-queues" => return Some(Place::Queues),
        "extras/dashboard" => return Some(Place::Dashboard),
        "extras/scripts" => return Some(Place::Scripts),
        "extras/scripts/upload" => return Some(Place::ScriptUpload),
        "plugins/branching/changes" => return Some(Place::BranchChanges),
        "authentication-check" => return Some(Place::AuthenticationCheck),
        _ => {}
    }
    if let Some(model) = by_path(path) {
        return Some(Place::List(model));
    }
    if let Some(set) = path.strip_suffix("/choices").and_then(|path| path.strip_prefix(model(Kind::ChoiceSet).path)) {
        return set.strip_prefix('/')?.parse().ok().map(Place::Choices);
    }
    for (name, what) in [("/available-ips", Available::Ips), ("/available-prefixes", Available::Prefixes)] {
        if let Some(prefix) = path.strip_suffix(name).and_then(|path| path.strip_prefix(model(Kind::Prefix).path)) {
            return prefix.strip_prefix('/')?.parse().ok().map(|prefix| Place::Available(prefix, what));
        }
    }
    for verb in ["sync", "merge", "revert", "archive"] {
        let branch = path
            .strip_prefix("plugins/branching/branches/")
            .and_then(|rest| rest.strip_suffix(verb)?.strip_suffix('/'));
        if let Some(branch) = branch {
            return branch.parse().ok().map(|branch| Place::BranchAction(branch, verb));
        }
    }
    let (list, id) = path.rsplit_once('/')?;
    let id = id.parse().ok()?;
    models().find(|model| model.path == list).map(|model| Place::Object(model, id))
}
