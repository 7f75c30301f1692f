//! Another person agrees to a plan: only main's change log proves who did, and to which.

use netbox_api::client::{Branch, ObjectChangeFilter};
use netbox_api::{ObjectChange, Snapshot};

use super::fields::{APPROVED, BRANCH, DIGEST, Shown};
use super::written;
use crate::executor::Failure;
use crate::live::another::{self, Excluded, unproven};
use crate::live::bridge::Bridge;
use crate::live::inbox::KeptBranch;

/// Keeps whether the plan that a branch shows is agreed to; what does not count is taken back, and said.
///
/// # Errors
/// NetBox or the inbox failed.
pub(super) async fn keep(
    bridge: &Bridge,
    branch: &Branch,
    shown: &Shown,
    kept: Option<&KeptBranch>,
) -> Result<(), Failure> {
    let Some(kept) = kept.filter(|kept| kept.approved != shown.approved) else { return Ok(()) };
    if shown.approved {
        let filter = ObjectChangeFilter {
            changed_object_type: vec![BRANCH.to_owned()],
            changed_object_id: vec![branch.id],
            ..ObjectChangeFilter::default()
        };
        let mut entries: Vec<ObjectChange> = bridge.netbox.object_changes().all(&filter).await?;
        entries.retain(|entry| entry.changed_object_type == BRANCH && entry.changed_object_id == branch.id);
        entries.sort_by_key(|entry| entry.id);
        let owner = branch.owner.as_ref().map(|owner| owner.name.as_str());
        if let Err(why) = judge(&entries, &shown.digest, owner, &kept.authors) {
            return written::unapproved(
                bridge,
                branch,
                shown,
                &format!("The approval of the plan does not count: {why}."),
            )
            .await;
        }
    }
    let now = KeptBranch { approved: shown.approved, ..kept.clone() };
    bridge.inbox.put_branch(branch.id, &now).await?;
    let Some(mut plan) = bridge.inbox.branch_plan(branch.id).await? else { return Ok(()) };
    plan.brakes.agree(shown.approved);
    bridge.inbox.put_branch_plan(&plan).await?;
    written::stands(bridge, branch, shown, plan.verdict()).await
}

/// Who agreed to the plan with this digest, by the entries of main's change log about the branch, oldest first.
///
/// # Errors
/// It does not count, and why.
fn judge<'a>(
    entries: &'a [ObjectChange],
    digest: &str,
    owner: Option<&str>,
    authors: &[String],
) -> Result<&'a str, String> {
    let field =
        |snapshot: &'a Snapshot, name: &str| snapshot.0.get("custom_fields").and_then(|fields| fields.get(name));
    let agrees = |entry: &'a ObjectChange| {
        let after = entry.postchange_data.as_ref()?;
        (field(after, APPROVED)?.as_bool() == Some(true)).then(|| field(after, DIGEST).and_then(|of| of.as_str()))
    };
    // What an entry says that is no agreement begins anew; the first one says nothing of what was before.
    let last = entries.iter().rposition(|entry| agrees(entry).is_none()).ok_or_else(unproven)?;
    let agreed = entries.get(last + 1).ok_or_else(unproven)?;
    let who = agreed.user_name.as_str();
    if agrees(agreed).flatten() != Some(digest) {
        return Err(format!("{who} agreed to another plan"));
    }
    let owner = owner.map(|user| Excluded { user, why: |who| format!("the branch is {who}'s own") });
    let authors = authors.iter().map(|user| Excluded { user, why: |who| format!("{who} made changes in this branch") });
    another::person(who, &owner.into_iter().chain(authors).collect::<Vec<_>>())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entry(id: u64, user: &str, approved: Option<bool>, digest: &str) -> ObjectChange {
        serde_json::from_value(json!({
            "id": id, "user_name": user, "action": {"value": "update"}, "changed_object_type": BRANCH, "changed_object_id": 1,
            "prechange_data": null,
            "postchange_data": {"custom_fields": {"proxmox_plan_approved": approved, "proxmox_plan_digest": digest}},
        }))
        .unwrap()
    }

    fn judged(entries: &[ObjectChange]) -> Result<&str, String> {
        judge(entries, "2:9 abc", Some("alice (Alice Example)"), &["bob".to_owned()])
    }

    #[test]
    fn only_another_person_agrees_and_only_to_this_plan() {
        let planned = entry(1, "bridge", None, "2:9 abc");
        let by = |user: &str, digest: &str| {
            judged(&[planned.clone(), entry(2, user, Some(true), digest)]).map(str::to_owned)
        };
        for other in ["carol", "al"] {
            assert_eq!(by(other, "2:9 abc"), Ok(other.to_owned()));
        }
        assert!(by("alice", "2:9 abc").unwrap_err().contains("alice's own"));
        assert!(by("bob", "2:9 abc").unwrap_err().contains("bob made changes"));
        assert!(by("carol", "1:5 abc").unwrap_err().contains("another plan"));
        assert!(by("", "2:9 abc").unwrap_err().contains("does not show"));
    }

    #[test]
    fn who_saved_it_later_did_not_agree_and_a_pruned_log_proves_nothing() {
        let agreed = entry(2, "alice", Some(true), "2:9 abc");
        let saved = entry(3, "carol", Some(true), "2:9 abc");
        let planned = entry(1, "bridge", Some(false), "2:9 abc");
        assert!(judged(&[planned.clone(), agreed, saved.clone()]).is_err());
        assert!(judged(std::slice::from_ref(&saved)).unwrap_err().contains("does not show"));
        let again = entry(4, "carol", Some(false), "2:9 abc");
        assert!(judged(&[planned, saved, again]).is_err(), "taken back");
    }
}
