//! NetBox's workers, which send deliveries, and the deliveries that failed: NetBox does not send those again by itself.

use netbox_api::{ErrorKind, Status};
use serde_json::Value;

use super::{Check, Fault};

/// The queue of deliveries.
const QUEUE: &str = "default";

/// The workers and, where the token may look (a superuser's), the failed jobs.
pub(super) async fn check(netbox: &netbox_api::Client, status: &Status) -> Vec<Check> {
    let what = "NetBox's workers";
    let running = match status.rq_workers_running {
        Some(0) => {
            let detail = "none runs, so no delivery is sent: changes are only found in the change log, later";
            let advice = "Start NetBox's worker: `systemctl start netbox-rq`, or `netbox rqworker`";
            return vec![Check::failure(what, Fault::Wrong, detail, advice)];
        }
        Some(1) => "one runs".to_owned(),
        Some(several) => format!("{several} run: deliveries may come in another order, which does no harm"),
        None => "NetBox does not say whether one runs".to_owned(),
    };
    let queues = match netbox.get("core/background-queues", &[]).await {
        Ok(answer) => answer.body,
        // Only superusers see them, and NetBox before 4.3 does not have them.
        Err(error) if matches!(error.kind(), ErrorKind::Permission | ErrorKind::NotFound | ErrorKind::NotNetBox) => {
            return vec![Check::ok(what, format!("{running}; whether deliveries failed only a superuser sees"))];
        }
        Err(error) => return vec![Check::ok(what, running), Check::unanswered("NetBox's failed jobs", error)],
    };
    let mut checks = vec![Check::ok(what, running)];
    checks.extend(failed(&queues));
    checks
}

fn failed(queues: &Value) -> Option<Check> {
    let queues = queues.get("results").unwrap_or(queues).as_array()?;
    let queue = queues.iter().find(|queue| queue["name"] == QUEUE)?;
    let what = "NetBox's failed jobs";
    Some(match queue["failed_jobs"].as_u64()? {
        0 => Check::ok(what, "none"),
        failed => {
            let detail = format!("{failed} in the queue {QUEUE}: a delivery among them is not sent again by itself");
            let advice = "Look at them in NetBox (Admin, Background Tasks, default, failed): the reason is at the end of each. \
                          What they changed is made up for from the change log; delete them once the cause is gone";
            Check::warning(what, detail, advice)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::checks::Verdict;
    use serde_json::json;

    #[test]
    fn failed_jobs_are_found_in_either_form_of_the_answer() {
        let queue = |failed: u64| json!({"name": "default", "jobs": 0, "failed_jobs": failed});
        let of = |body: Value| failed(&body).map(|check| check.verdict);
        assert_eq!(of(json!([{"name": "high", "failed_jobs": 9}, queue(0)])), Some(Verdict::Ok));
        assert_eq!(of(json!({"count": 1, "results": [queue(2)]})), Some(Verdict::Warning));
        assert_eq!(of(json!({"detail": "?"})), None);
    }
}
