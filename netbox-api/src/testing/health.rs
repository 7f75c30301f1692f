//! What this NetBox says of itself: its release, its workers, its queue of deliveries.

use serde_json::{Value, json};

use super::state::State;

impl State {
    /// `/api/status/`
    pub(super) fn status(&self) -> Value {
        let version = self.settings.version.full();
        json!({"django-version": "6.1.2", "hostname": "netbox", "installed_apps": {}, "netbox-version": version,
            "netbox-full-version": version, "plugins": {"netbox_branching": "1.2.2"}, "python-version": "3.13.0", "rq-workers-running": self.mode.workers})
    }

    /// The queue of deliveries, as `core/background-queues` lists it (source: its serializer).
    pub(super) fn queues(&self) -> Value {
        let failed = self.mode.failed_jobs;
        let queue = json!({"name": "default", "jobs": 0, "oldest_job_timestamp": null, "scheduler_pid": null, "workers": self.mode.workers,
            "finished_jobs": 0, "started_jobs": 0, "deferred_jobs": 0, "failed_jobs": failed, "scheduled_jobs": 0});
        json!({"count": 1, "next": null, "previous": null, "results": [queue]})
    }
}
