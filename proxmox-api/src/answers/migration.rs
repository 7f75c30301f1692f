//! What stands in the way of a migration.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::{List, Volume};
use crate::types::{NodeName, scalar};

/// `GET …/migrate`: what a migration has to deal with.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct MigrationCheck {
    /// Whether it runs.
    #[serde(default, deserialize_with = "scalar::flag")]
    pub running: bool,
    /// Volumes on storage that is not shared, CD-ROMs included.
    #[serde(default)]
    pub local_disks: List<Volume>,
    /// Devices of the node that bind it there (`hostpci0`, `usb0` …).
    #[serde(default)]
    pub local_resources: List<String>,
    /// What Proxmox has against each node. Of a virtual machine every other node is a key, one that it may go to with an
    /// empty object (seen on 9.1.7): being named here is no reason.
    #[serde(default, alias = "not-allowed-nodes", deserialize_with = "scalar::lenient")]
    not_allowed_nodes: Option<BTreeMap<String, Value>>,
}

impl MigrationCheck {
    /// Why it cannot go to a node, where Proxmox says so. A node that it says nothing of (one that does not exist, or the
    /// guest's own) is not refused here: the migration itself says what is wrong with it.
    pub fn refusal(&self, node: &NodeName) -> Option<String> {
        self.against(node, |_| true)
    }

    /// The same for a migration that names the storage its disks go to
    /// ([`targetstorage`](crate::MigrateParams::targetstorage)): the check is not told of that, so what it says of the
    /// storages that they are on now is no reason.
    pub fn refusal_with_targetstorage(&self, node: &NodeName) -> Option<String> {
        self.against(node, |kind| kind != STORAGES)
    }

    fn against(&self, node: &NodeName, counts: impl Fn(&str) -> bool) -> Option<String> {
        let against = self.not_allowed_nodes.as_ref()?.get(node.as_str())?;
        let reasons: Vec<String> = match against {
            Value::Object(kinds) => kinds
                .iter()
                .filter(|(kind, _)| counts(kind))
                .filter_map(|(kind, what)| reason(node, kind, what))
                .collect(),
            other => words(other).into_iter().collect(),
        };
        (!reasons.is_empty()).then(|| reasons.join("; "))
    }
}

/// The storages of its disks that a node lacks.
const STORAGES: &str = "unavailable_storages";

/// One kind of reason as a person reads it, or nothing if there is none of that kind.
fn reason(node: &NodeName, kind: &str, what: &Value) -> Option<String> {
    let found = words(what)?;
    Some(match kind {
        STORAGES => match what.as_array().is_some_and(|storages| storages.len() > 1) {
            true => format!("the storages {found} are not available on node {node}"),
            false => format!("storage {found} is not available on node {node}"),
        },
        "blocking-ha-resources" => {
            let resources = what.as_array().into_iter().flatten();
            let named: Vec<String> = resources.filter_map(blocking).collect();
            if named.is_empty() { format!("HA keeps it off the node: {found}") } else { named.join("; ") }
        }
        // What a later version has thought of.
        _ => format!("{kind}: {found}"),
    })
}

/// `{"sid": "vm:102", "cause": "resource-affinity"}`
fn blocking(resource: &Value) -> Option<String> {
    let sid = resource["sid"].as_str()?;
    let rule = resource["cause"].as_str().map(|cause| format!(" ({cause})")).unwrap_or_default();
    Some(format!("a rule of HA{rule} keeps it apart from {sid}"))
}

/// Everything a value says, in words; nothing if it is empty all the way down, or a flag that is not set.
fn words(value: &Value) -> Option<String> {
    let joined = |words: Vec<String>| (!words.is_empty()).then(|| words.join(", "));
    match value {
        Value::Null => None,
        Value::Bool(flag) => flag.then(|| "yes".to_owned()),
        Value::Number(number) => (number.as_f64() != Some(0.0)).then(|| number.to_string()),
        Value::String(text) => (!text.is_empty()).then(|| text.clone()),
        Value::Array(items) => joined(items.iter().filter_map(words).collect()),
        Value::Object(members) => {
            joined(members.iter().filter_map(|(name, value)| Some(format!("{name} {}", words(value)?))).collect())
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// What Proxmox VE 9.1.7 answered of a stopped virtual machine with a disk and a cloud-init drive on local storage, in
    /// a cluster of `pve` and `pve2`: `pve2` is allowed.
    const STOPPED: &str = r#"{
        "local_resources": [], "allowed_nodes": ["pve2"], "mapped-resources": [], "running": 0,
        "local_disks": [
            {"is_cloudinit": 0, "size": 1073741824, "is_tpmstate": 0, "is_vmstate": 0, "drivename": "scsi0",
             "shared": 0, "is_unused": 0, "is_attached": 1, "volid": "local:300/vm-300-disk-0.qcow2", "cdrom": 0,
             "replicate": 1},
            {"shared": 0, "drivename": "ide2", "is_tpmstate": 0, "is_vmstate": 0, "size": 4194304,
             "is_cloudinit": 1, "volid": "local:300/vm-300-cloudinit.qcow2", "cdrom": 1, "replicate": 1,
             "is_attached": 1, "is_unused": 0}],
        "not_allowed_nodes": {"pve2": {}}, "has-dbus-vmstate": 1, "mapped-resource-info": {}}"#;

    /// The same of a running one on `pve2`, its disks left out here.
    const RUNNING: &str = r#"{
        "local_resources": [], "running": 1, "local_disks": [], "not_allowed_nodes": {"pve": {}},
        "has-dbus-vmstate": 1, "mapped-resource-info": {}, "mapped-resources": [], "allowed_nodes": ["pve"]}"#;

    /// The same of a container.
    const CONTAINER: &str = r#"{"allowed-nodes": ["pve2"], "running": 0, "not-allowed-nodes": {}}"#;

    fn check(answer: &str) -> MigrationCheck {
        serde_json::from_str(answer).unwrap()
    }

    fn refusal(answer: &str, node: &str) -> Option<String> {
        check(answer).refusal(&node.parse().unwrap())
    }

    #[test]
    fn a_node_with_nothing_against_it_is_allowed() {
        for (answer, node) in [(STOPPED, "pve2"), (RUNNING, "pve"), (CONTAINER, "pve2")] {
            assert_eq!(refusal(answer, node), None, "{answer}");
        }
        for node in ["pve", "pve9"] {
            assert_eq!(refusal(STOPPED, node), None, "{node} is in neither list, whatever `target` says");
        }
        let stopped = check(STOPPED);
        assert!(!stopped.running && stopped.local_resources.0.is_empty() && stopped.local_disks.0.len() == 2);
        assert!(check(RUNNING).running && !check(CONTAINER).running);
    }

    #[test]
    fn reasons_that_are_empty_are_none() {
        for against in [
            r#"{"unavailable_storages": []}"#,
            r#"{"blocking-ha-resources": [], "unavailable_storages": []}"#,
            r#"{"blocking-ha-resources": [{}], "future": {"more": [null, ""]}, "flag": 0}"#,
            "null",
            "[]",
        ] {
            assert_eq!(
                refusal(&format!(r#"{{"not_allowed_nodes": {{"pve2": {against}}}}}"#), "pve2"),
                None,
                "{against}"
            );
        }
    }

    #[test]
    fn a_refusal_says_what_is_missing_or_in_the_way() {
        let answer = r#"{"running": 1, "local_resources": ["hostpci0"], "not_allowed_nodes": {
            "pve3": {"unavailable_storages": ["ceph", "fast"], "blocking-ha-resources": []},
            "pve8": {"unavailable_storages": ["ceph"]},
            "pve4": {"blocking-ha-resources": [{"sid": "vm:102", "cause": "resource-affinity"}, {"sid": "ct:200"}]},
            "pve5": {"blocking-ha-resources": ["vm:102"]},
            "pve6": {"future-reason": [{"why": "no reason", "n": 2}]},
            "pve7": "it is full", "pve2": {}}}"#;
        for (node, text) in [
            ("pve3", "the storages ceph, fast are not available on node pve3"),
            ("pve8", "storage ceph is not available on node pve8"),
            (
                "pve4",
                "a rule of HA (resource-affinity) keeps it apart from vm:102; a rule of HA keeps it apart from ct:200",
            ),
            ("pve5", "HA keeps it off the node: vm:102"),
            ("pve6", "future-reason: n 2, why no reason"),
            ("pve7", "it is full"),
        ] {
            assert_eq!(refusal(answer, node).as_deref(), Some(text));
        }
        assert_eq!(refusal(answer, "pve2"), None);
        let elsewhere = |node: &str| check(answer).refusal_with_targetstorage(&node.parse().unwrap());
        assert_eq!((elsewhere("pve3"), elsewhere("pve8"), elsewhere("pve2")), (None, None, None));
        assert!(elsewhere("pve4").is_some() && elsewhere("pve7").is_some(), "other reasons stay");
        let container = r#"{"running": 0, "future": 1, "allowed-nodes": ["pve2"], "not-allowed-nodes": {
            "pve3": {"blocking-ha-resources": [{"sid": "ct:201", "cause": "resource-affinity"}]}}}"#;
        let text = "a rule of HA (resource-affinity) keeps it apart from ct:201";
        assert_eq!(refusal(container, "pve3").as_deref(), Some(text));
        assert_eq!(refusal(container, "pve2"), None);
    }
}
