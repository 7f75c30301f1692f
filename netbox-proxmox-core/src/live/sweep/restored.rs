//! Whether NetBox is where it was: one that was restored from a backup, or exchanged for another, has another change log.
//! Until a person agrees nothing is destroyed for it.

use netbox_api::ObjectChange;
use netbox_api::client::ObjectChangeFilter;

use crate::action::Action;
use crate::executor::{Executor, Failure, Silent};
use crate::live::bridge::Bridge;
use crate::live::execute::LiveExecutor;
use crate::live::inbox::LogPosition;
use crate::report::Reporter;

/// What of an entry is known again.
pub(crate) fn known(entry: &ObjectChange) -> (u64, String, String) {
    (entry.id, entry.time.clone(), entry.request_id.clone())
}

/// How it was seen that NetBox was restored or exchanged.
enum Seen {
    /// When it was looked at before; a person has not agreed since.
    Before(String),
    /// Now: in the newest entry, against what was known of the log.
    Now { newest: Box<ObjectChange>, position: Box<LogPosition>, seen: String },
}

async fn look(bridge: &Bridge) -> Result<Option<Seen>, Failure> {
    if let Some(seen) = bridge.inbox.restored().await? {
        return Ok(Some(Seen::Before(seen)));
    }
    let Some(position) = bridge.inbox.change_log().await? else { return Ok(None) };
    let found = compare(bridge, &position).await?;
    Ok(found.map(|(newest, seen)| Seen::Now { newest: newest.into(), position: position.into(), seen }))
}

/// What is seen, for whoever only shows it: nothing is remembered, and nobody is told.
///
/// # Errors
/// NetBox or the inbox failed.
pub(crate) async fn shown(bridge: &Bridge) -> Result<Option<String>, Failure> {
    Ok(look(bridge).await?.map(|(Seen::Before(seen) | Seen::Now { seen, .. })| seen))
}

/// What was seen of a NetBox that was restored or exchanged, now or before, until a person agreed. It is said on every
/// cluster, and reading goes on from the end of the log that is there now.
///
/// # Errors
/// NetBox or the inbox failed.
pub(crate) async fn seen(bridge: &Bridge) -> Result<Option<String>, Failure> {
    let (newest, position, seen) = match look(bridge).await? {
        None => return Ok(None),
        Some(Seen::Before(seen)) => return Ok(Some(seen)),
        Some(Seen::Now { newest, position, seen }) => (newest, position, seen),
    };
    tracing::error!(%seen, "NetBox seems to have been restored or exchanged: nothing is destroyed until a person agrees");
    bridge.inbox.put_restored(Some(&seen)).await?;
    let (first, last) = (newest.id, newest.id);
    bridge.inbox.put_change_log(&LogPosition { first, last, known: known(&newest), ..*position }).await?;
    for cluster in &bridge.clusters {
        let report = Reporter::of_cluster(&cluster.netbox_cluster).restored(&seen);
        let told = LiveExecutor::new(bridge, cluster, None).execute(&Action::Report(report), &Silent).await;
        if let Err(failure) = told {
            tracing::warn!(cluster = %cluster.netbox_cluster, why = %failure.why, "not told in NetBox");
        }
    }
    Ok(Some(seen))
}

/// The newest entry, and what is not as it was.
async fn compare(bridge: &Bridge, position: &LogPosition) -> Result<Option<(ObjectChange, String)>, Failure> {
    let log = bridge.netbox.object_changes();
    let (id, time, request) = &position.known;
    let there = match log.get(*id).await {
        Ok(entry) => Some(entry.value),
        Err(error) if error.is_not_found() => None,
        Err(error) => return Err(error.into()),
    };
    if there.as_ref().is_some_and(|entry| entry.time == *time && entry.request_id == *request) {
        return Ok(None);
    }
    // One that nobody can read says nothing, nor does one of which everything was pruned.
    let Some(newest) = log.newest(&ObjectChangeFilter::default()).await? else { return Ok(None) };
    let seen = match there {
        Some(entry) if entry.time == *time => format!("its entry {id} of {time} is of another request now"),
        Some(entry) => format!("its entry {id} is of {}, and was of {time}", entry.time),
        None if newest.id < *id => format!("its newest entry is {}, and {id} was read before", newest.id),
        None => {
            let older = ObjectChangeFilter { id_lte: Some(*id), ..ObjectChangeFilter::default() };
            // Older ones go first, after CHANGELOG_RETENTION.
            if log.newest(&older).await?.is_none_or(|entry| entry.id >= *id) {
                return Ok(None);
            }
            format!("its entry {id} of {time} is not there any more, though older ones are")
        }
    };
    Ok(Some((newest, seen)))
}
