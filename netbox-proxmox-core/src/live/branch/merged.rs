//! After a merge it is said on the branch what was done: once all of its changes were answered, or after a time.

use std::collections::HashMap;

use netbox_api::client::{Branch, BranchFilter};

use super::done::{Answered, Done};
use super::text::Links;
use super::{fields::Shown, written};
use crate::executor::Failure;
use crate::live::bridge::{Bridge, now};
use crate::live::inbox::{KeptBranch, Merged};

/// How long answers are waited for, in seconds: deliveries that were lost are made up for within it.
const PATIENCE: u64 = 600;

/// How long it is remembered of a merge what was told, in seconds.
const KEPT: u64 = 30 * 86_400;

/// How many branches are asked for at once.
const PAGE: usize = 100;

/// Looks for merges and reverts among the branches whose plans are known; says whether a merge is waited for.
///
/// # Errors
/// NetBox or the inbox failed.
pub(super) async fn look(bridge: &Bridge, ready: &[Branch], kept: &HashMap<u64, KeptBranch>) -> Result<bool, Failure> {
    for branch in ready {
        if let Some(of_it) = kept.get(&branch.id).filter(|kept| kept.merged.is_some()) {
            reverted(bridge, branch, of_it).await?;
        }
    }
    let is_old = |merged: &Merged| merged.told && merged.seen + KEPT <= now();
    let old: Vec<u64> =
        kept.iter().filter(|(_, kept)| kept.merged.as_ref().is_some_and(is_old)).map(|(id, _)| *id).collect();
    for id in old {
        bridge.inbox.forget_branch(id).await?;
    }
    let is_open = |(id, kept): &(&u64, &KeptBranch)| {
        !ready.iter().any(|branch| branch.id == **id) && !kept.merged.as_ref().is_some_and(|merged| merged.told)
    };
    let open: Vec<u64> = kept.iter().filter(is_open).map(|(id, _)| *id).collect();
    let mut waits = false;
    for ids in open.chunks(PAGE) {
        let filter = BranchFilter { id: ids.to_vec(), ..BranchFilter::default() };
        let found = bridge.netbox.branches().all(&filter).await?;
        for id in ids {
            let (Some(kept), branch) = (kept.get(id), found.iter().find(|branch| branch.id == *id)) else { continue };
            match branch {
                None => bridge.inbox.forget_branch(*id).await?,
                Some(branch) => waits |= merging(bridge, branch, kept).await?,
            }
        }
    }
    Ok(waits)
}

/// It is ready again: what the merge did was undone, and is no part of another one.
async fn reverted(bridge: &Bridge, branch: &Branch, kept: &KeptBranch) -> Result<(), Failure> {
    let at = branch.last_updated.as_deref().and_then(|at| at.parse().ok());
    bridge.inbox.forget_did(branch.id).await?;
    let now = KeptBranch { merged: None, after: kept.after.max(at), digest: String::new(), ..kept.clone() };
    Ok(bridge.inbox.put_branch(branch.id, &now).await?)
}

/// Tells what a merge did, if that is known; says whether it is waited for.
async fn merging(bridge: &Bridge, branch: &Branch, kept: &KeptBranch) -> Result<bool, Failure> {
    let Some(at) = &branch.merged_time else { return Ok(branch.status.as_ref().is_some_and(|it| it == "merging")) };
    let Some(plan) = bridge.inbox.branch_plan(branch.id).await? else { return Ok(false) };
    let known = kept.merged.clone().filter(|merged| merged.at == *at);
    let merged = known.clone().unwrap_or(Merged { at: at.clone(), seen: now(), told: false });
    let did = bridge.inbox.did(branch.id).await?;
    let done = Done::of(&plan, &did, kept.after);
    let is_due = merged.seen + PATIENCE <= now();
    let tells = done.answered() == Answered::All || is_due;
    if tells && Shown::of(branch).is_some() {
        let text = done.entry(at, Links { netbox: bridge.netbox.url() });
        written::entry(bridge, branch, &text, done.kind()).await?;
        tracing::info!(branch = %branch.name, kind = done.kind(), "told what a merge did");
    }
    if known.is_none() || tells {
        let now = KeptBranch { merged: Some(Merged { told: tells, ..merged }), ..kept.clone() };
        bridge.inbox.put_branch(branch.id, &now).await?;
    }
    Ok(!tells)
}
