//! What `/metrics` shows. Each server has its own figures, so that several fit into one process.

use std::fmt;
use std::time::Duration;

use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram, with_local_recorder};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

const DELIVERIES: &str = "netbox_proxmox_deliveries_total";
const ANSWERS: &str = "netbox_proxmox_answers_total";
const ANSWER_SECONDS: &str = "netbox_proxmox_answer_duration_seconds";
const ACTIONS: &str = "netbox_proxmox_actions_total";
const ACTION_SECONDS: &str = "netbox_proxmox_action_duration_seconds";
const EVENTS: &str = "netbox_proxmox_events";

/// The figures of one server.
pub struct Metrics {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl Default for Metrics {
    fn default() -> Self {
        // A full clone takes minutes. Fails only for an empty list.
        let buckets = [0.05, 0.2, 1.0, 5.0, 20.0, 60.0, 300.0, 1200.0];
        let builder = PrometheusBuilder::new().set_buckets(&buckets).unwrap_or_else(|_| PrometheusBuilder::new());
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        with_local_recorder(&recorder, || {
            describe_counter!(DELIVERIES, "Webhook deliveries, by what they were answered.");
            describe_counter!(ANSWERS, "Answers to the waiting events of a guest, by how they ended.");
            describe_histogram!(ANSWER_SECONDS, "How long the events of a guest took to be answered.");
            describe_counter!(ACTIONS, "Actions of plans, by how they ended.");
            describe_histogram!(ACTION_SECONDS, "How long an action took.");
            describe_gauge!(EVENTS, "Events in the inbox that wait, for their turn or for a person.");
        });
        Self { recorder, handle }
    }
}

impl Metrics {
    /// A delivery was answered.
    pub fn delivery(&self, result: &'static str) {
        with_local_recorder(&self.recorder, || counter!(DELIVERIES, "result" => result).increment(1));
    }

    /// The events of a guest were answered.
    pub fn answer(&self, outcome: &'static str, took: Duration) {
        with_local_recorder(&self.recorder, || {
            counter!(ANSWERS, "outcome" => outcome).increment(1);
            histogram!(ANSWER_SECONDS, "outcome" => outcome).record(took);
        });
    }

    /// An action ended.
    pub fn action(&self, action: &'static str, outcome: &'static str, took: Duration) {
        with_local_recorder(&self.recorder, || {
            counter!(ACTIONS, "action" => action, "outcome" => outcome).increment(1);
            histogram!(ACTION_SECONDS, "action" => action).record(took);
        });
    }

    /// So many events wait in the inbox.
    pub fn events(&self, state: &'static str, count: u64) {
        with_local_recorder(&self.recorder, || gauge!(EVENTS, "state" => state).set(count as f64));
    }

    /// The figures as Prometheus reads them.
    pub fn render(&self) -> String {
        self.handle.run_upkeep();
        self.handle.render()
    }
}
