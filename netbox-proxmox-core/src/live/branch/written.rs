//! The plan is written onto its branch: its fields in one write, and an entry of the journal where the plan is another one.
//! Nothing that is there already is written again, also by whoever remembers nothing.

use netbox_api::client::{Branch, BranchPatch, CustomFieldsPatch, JournalEntryFilter, NewJournalEntry};
use serde_json::json;

use super::fields::{APPROVED, BRANCH, DIGEST, PLAN, SUMMARY, Shown, Stand, digest};
use super::text::Links;
use super::{BranchPlan, Verdict};
use crate::executor::Failure;
use crate::live::bridge::Bridge;

/// What NetBox's change log says of each write.
const MESSAGE: &str = "netbox-proxmox: plan of the branch";

/// How long a text of a custom field may be that people read in lists.
const LINE: usize = 200;

/// A plan in the words in which it is shown.
#[derive(Debug)]
pub(super) struct InWords {
    /// The entry of the journal.
    text: String,
    /// What names the plan and its branch's changes.
    pub(super) digest: String,
    /// Whether another person has agreed to it.
    pub(super) agreed: bool,
    summary: String,
    verdict: Verdict,
}

impl InWords {
    /// `agreed`: the digest of the plan that another person agreed to. If it is this one, the brakes hold nothing of it.
    pub(super) fn of(plan: &mut BranchPlan, bridge: &Bridge, agreed: Option<&str>) -> Self {
        let text = plan.entry(Links { netbox: bridge.netbox.url() });
        let digest = digest(&plan.digest, &text);
        let agreed = agreed == Some(digest.as_str());
        plan.brakes.agree(agreed);
        Self { agreed, text, digest, summary: cut(&plan.summary()), verdict: plan.verdict() }
    }
}

/// Shows a plan on its branch.
///
/// # Errors
/// NetBox refused.
pub(super) async fn plan(bridge: &Bridge, branch: &Branch, shown: &Shown, plan: InWords) -> Result<(), Failure> {
    let InWords { text, digest, summary, verdict, .. } = plan;
    let now = Shown { stand: Some(verdict.into()), digest, summary, approved: shown.approved };
    // First the entry: the digest says that it is there.
    if now.of_plan() != shown.of_plan() {
        entry(bridge, branch, &text, kind(verdict)).await?;
    }
    // Agreed to was another plan.
    let approved = shown.approved && now.digest == shown.digest;
    fields(bridge, branch, shown, &Shown { approved, ..now }).await
}

/// Shows how the plan stands now that somebody has agreed to it, or does not any more.
///
/// # Errors
/// NetBox refused.
pub(super) async fn stands(bridge: &Bridge, branch: &Branch, shown: &Shown, verdict: Verdict) -> Result<(), Failure> {
    fields(bridge, branch, shown, &Shown { stand: Some(verdict.into()), ..shown.clone() }).await
}

/// Shows that the branch is about to be planned again.
///
/// # Errors
/// NetBox refused.
pub(super) async fn stale(bridge: &Bridge, branch: &Branch, shown: &Shown) -> Result<(), Failure> {
    fields(bridge, branch, shown, &Shown { stand: Some(Stand::Stale), ..shown.clone() }).await
}

/// Shows that it could not be planned.
///
/// # Errors
/// NetBox refused.
pub(super) async fn failed(bridge: &Bridge, branch: &Branch, shown: &Shown, why: &str) -> Result<(), Failure> {
    let now = Shown { stand: Some(Stand::Failed), summary: cut(why), ..shown.clone() };
    fields(bridge, branch, shown, &now).await
}

/// Takes back an agreement that does not count.
///
/// # Errors
/// NetBox refused.
pub(super) async fn unapproved(bridge: &Bridge, branch: &Branch, shown: &Shown, why: &str) -> Result<(), Failure> {
    entry(bridge, branch, why, "warning").await?;
    fields(bridge, branch, shown, &Shown { approved: false, ..shown.clone() }).await
}

/// Writes what differs, of the fields that NetBox has.
async fn fields(bridge: &Bridge, branch: &Branch, shown: &Shown, now: &Shown) -> Result<(), Failure> {
    if shown == now {
        return Ok(());
    }
    let all = [
        (PLAN, json!(now.stand.map(Stand::value))),
        (DIGEST, json!(now.digest)),
        (SUMMARY, json!(now.summary)),
        (APPROVED, json!(now.approved)),
    ];
    let there = all.into_iter().filter(|(name, _)| branch.custom_fields.contains(name));
    // An agreement is given by people alone.
    let written = there.filter(|(name, _)| *name != APPROVED || shown.approved && !now.approved);
    let custom_fields = written.fold(CustomFieldsPatch::new(), |patch, (name, value)| patch.value(name, value));
    let patch = BranchPatch { custom_fields, ..BranchPatch::default() };
    let branches = bridge.netbox.branches().changelog_message(MESSAGE);
    branches.update(branch.id, &patch, None).await?;
    Ok(())
}

/// Writes an entry of the branch's journal, unless the newest one says the same.
pub(super) async fn entry(bridge: &Bridge, branch: &Branch, text: &str, kind: &str) -> Result<(), Failure> {
    let journal = bridge.netbox.journal_entries();
    let filter = JournalEntryFilter {
        assigned_object_type: Some(BRANCH.to_owned()),
        assigned_object_id: vec![branch.id],
        ..JournalEntryFilter::default()
    };
    if journal.newest(&filter).await?.is_some_and(|newest| newest.comments.trim() == text.trim()) {
        return Ok(());
    }
    let entry = NewJournalEntry {
        assigned_object_type: BRANCH.to_owned(),
        assigned_object_id: branch.id,
        comments: text.to_owned(),
        kind: Some(kind.to_owned()),
        ..NewJournalEntry::default()
    };
    journal.create(&entry).await?;
    Ok(())
}

fn kind(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Planned | Verdict::NothingToDo => "info",
        Verdict::Refused => "warning",
        Verdict::Failed => "danger",
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LINE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
