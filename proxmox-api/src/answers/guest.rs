//! What a guest answers, its configuration aside.

use serde::Deserialize;
use serde_json::Value;

use crate::types::{PowerState, Vmid, scalar};

/// `GET …/status/current`: always of this moment, unlike the lists.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct GuestStatus {
    /// Whether it runs. A paused virtual machine is `running` here; [`GuestStatus::power_state`] tells it apart.
    pub status: PowerState,
    /// What QEMU says, such as `paused`; containers have none.
    #[serde(default, deserialize_with = "scalar::lenient")]
    pub qmpstatus: Option<PowerState>,
    /// What holds it.
    #[serde(default, deserialize_with = "scalar::opt_text")]
    pub lock: Option<String>,
    /// The name.
    #[serde(default, deserialize_with = "scalar::opt_text")]
    pub name: Option<String>,
    /// Whether it is a template.
    #[serde(default, deserialize_with = "scalar::flag")]
    pub template: bool,
    /// Seconds since it was started.
    #[serde(default, deserialize_with = "scalar::opt_integer")]
    pub uptime: Option<u64>,
    /// The process of a running guest; a restart gives a new one.
    #[serde(default, deserialize_with = "scalar::opt_integer")]
    pub pid: Option<u64>,
    /// The tags as stored.
    #[serde(default, deserialize_with = "scalar::opt_text")]
    pub tags: Option<String>,
    /// Whether it has the guest agent configured.
    #[serde(default, deserialize_with = "scalar::flag")]
    pub agent: bool,
    #[serde(default)]
    ha: Value,
}

impl GuestStatus {
    /// Whether it runs, is stopped or paused.
    pub fn power_state(&self) -> PowerState {
        match (&self.status, &self.qmpstatus) {
            (PowerState::Running, Some(PowerState::Paused)) => PowerState::Paused,
            (status, _) => status.clone(),
        }
    }

    /// Whether HA manages it: then a task ends before its work is done, and the state is what to wait for.
    pub fn ha_managed(&self) -> bool {
        self.ha.get("managed").and_then(scalar::boolean).unwrap_or(false)
    }
}

/// An item of `GET /nodes/{node}/qemu`. Up to some ten seconds old, as all lists are.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct GuestSummary {
    /// The VMID.
    pub vmid: Vmid,
    /// The name.
    #[serde(default, deserialize_with = "scalar::opt_text")]
    pub name: Option<String>,
    /// The power state.
    #[serde(default, deserialize_with = "scalar::lenient")]
    pub status: Option<PowerState>,
    /// Whether it is a template.
    #[serde(default, deserialize_with = "scalar::flag")]
    pub template: bool,
    /// What holds it.
    #[serde(default, deserialize_with = "scalar::opt_text")]
    pub lock: Option<String>,
    /// The tags as stored.
    #[serde(default, deserialize_with = "scalar::opt_text")]
    pub tags: Option<String>,
    /// Memory in bytes, as configured.
    #[serde(default, deserialize_with = "scalar::opt_integer")]
    pub maxmem: Option<u64>,
    /// Size of the root disk in bytes.
    #[serde(default, deserialize_with = "scalar::opt_integer")]
    pub maxdisk: Option<u64>,
}

/// An item of `GET …/pending`: a key with its value now and the one it will have after the next restart.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Pending {
    /// The key. `digest` is among them.
    pub key: String,
    /// The value of the running guest, or of a stopped one.
    #[serde(default, deserialize_with = "scalar::opt_text")]
    pub value: Option<String>,
    /// The value after the next restart.
    #[serde(default, deserialize_with = "scalar::opt_text")]
    pub pending: Option<String>,
    /// Whether the key goes away at the next restart (`1`; `2` by force).
    #[serde(default, deserialize_with = "scalar::flag")]
    pub delete: bool,
}

impl Pending {
    /// Whether anything waits for the next restart.
    pub fn is_pending(&self) -> bool {
        self.pending.is_some() || self.delete
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::answers::List;
    use serde_json::json;

    #[test]
    fn a_paused_machine_is_told_apart() {
        let status: GuestStatus = serde_json::from_value(json!({
            "status": "running", "qmpstatus": "paused", "ha": {"managed": 0}, "name": "linked102", "agent": 1, "pid": 17,
            "vmid": 102, "cpus": 2, "nics": {"tap102i0": {"netin": 1}}
        }))
        .unwrap();
        assert_eq!(status.power_state(), PowerState::Paused);
        assert!(!status.ha_managed() && status.agent);
        let status: GuestStatus = serde_json::from_value(json!({"status": "stopped", "ha": {"managed": "1"}})).unwrap();
        assert_eq!(status.power_state(), PowerState::Stopped);
        assert!(status.ha_managed());
    }

    #[test]
    fn pending_values_may_be_numbers_or_text() {
        let rows: List<Pending> = serde_json::from_value(json!([
            {"value": 1, "key": "cores", "pending": 2}, {"key": "memory", "pending": "1024", "value": "512"},
            {"key": "mp0", "value": "local:x", "delete": 1}, {"key": "name", "value": "a"}
        ]))
        .unwrap();
        let waiting: Vec<&str> = rows.0.iter().filter(|row| row.is_pending()).map(|row| row.key.as_str()).collect();
        assert_eq!(waiting, ["cores", "memory", "mp0"]);
        assert_eq!(rows.0[0].pending.as_deref(), Some("2"));
    }

    #[test]
    fn a_summary_needs_no_more_than_its_vmid() {
        let summary: GuestSummary = serde_json::from_value(json!({"vmid": "110", "lock": "clone"})).unwrap();
        assert_eq!((summary.vmid.get(), summary.lock.as_deref(), summary.template), (110, Some("clone"), false));
    }
}
