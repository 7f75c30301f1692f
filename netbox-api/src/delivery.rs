//! What a webhook of NetBox delivers.

mod read;

use std::fmt;

use serde::de::Error as _;
use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Value, json};

use crate::{IpAddress, MacAddress, Snapshot, VirtualDisk, VirtualMachine, VmInterface, tolerant};

/// One delivery of a webhook: an object was created, updated or deleted.
///
/// It is a trigger more than a state: deliveries may come twice (a retry has the same bytes), late, in another order, or
/// never. Read it with [`Delivery::from_slice`]; what NetBox 4.2 to 4.7 send is understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// What happened.
    pub event: EventKind,
    /// When NetBox queued the event, as ISO 8601 text with an offset; the fraction is absent if it is zero. Empty if not
    /// sent.
    pub timestamp: String,
    /// The kind of object, for example `virtualization.virtualmachine`; see [`ObjectType`](crate::ObjectType). From `model` where a NetBox
    /// before 4.4 sent no `object_type`.
    pub object_type: String,
    /// The object as REST shows it: after the change, or for a deletion before it.
    pub object: Object,
    /// The HTTP request that made the change.
    pub request: RequestInfo,
    /// Raw values before and after.
    pub snapshots: Snapshots,
    /// The branch in which the change was made (plugin netbox-branching), by name. Such a change is not yet true.
    pub active_branch: Option<String>,
}

impl Delivery {
    /// Reads the body of a delivery. As `serde_json::from_slice`, but an error names the path of what is missing or wrong.
    ///
    /// # Errors
    /// It is no JSON, or lacks what every delivery has.
    pub fn from_slice(body: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(body).map_err(|plain| {
            let json = &mut serde_json::Deserializer::from_slice(body);
            match serde_path_to_error::deserialize::<_, Self>(json) {
                Err(error) if plain.is_data() && error.path().iter().len() > 0 => {
                    serde_json::Error::custom(format_args!("{}: {}", error.path(), error.inner()))
                }
                _ => plain,
            }
        })
    }

    /// What an event and its entry in the change log have in common; there is no delivery id. It is unique only together with
    /// the timestamp: a change in a branch, its merge, its revert and a second merge share it (seen on netbox-branching 1.2.2).
    #[must_use]
    pub fn key(&self) -> DeliveryKey {
        DeliveryKey {
            request_id: self.request.id.clone(),
            object_type: self.object_type.clone(),
            object_id: self.object.id(),
            event: self.event,
        }
    }

    /// Whether an object was saved without any change: NetBox sends `updated` then as well.
    #[must_use]
    pub fn is_noop(&self) -> bool {
        self.event == EventKind::Updated
            && self.snapshots.prechange.is_some()
            && self.snapshots.prechange == self.snapshots.postchange
    }
}

/// What happened to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EventKind {
    /// It was created.
    Created,
    /// It was saved, perhaps without a change.
    Updated,
    /// It was deleted.
    Deleted,
}

impl EventKind {
    /// `created`, `updated` or `deleted`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Deleted => "deleted",
        }
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What an event is known by, beside its time. The same event delivered twice has the same key, and so has its change-log
/// entry; so have a change in a branch, its merge and its revert, at other times.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DeliveryKey {
    /// Id of the request that made the change, the `X-Request-ID` of its answer.
    pub request_id: Option<String>,
    /// Kind of object.
    pub object_type: String,
    /// Id of the object.
    pub object_id: u64,
    /// What happened.
    pub event: EventKind,
}

impl fmt::Display for DeliveryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let request = self.request_id.as_deref().unwrap_or("-");
        write!(f, "{request}/{}/{}/{}", self.object_type, self.object_id, self.event)
    }
}

/// The object of a delivery.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Object {
    /// `virtualization.virtualmachine`
    VirtualMachine(Box<VirtualMachine>),
    /// `virtualization.virtualdisk`
    VirtualDisk(Box<VirtualDisk>),
    /// `virtualization.vminterface`
    VmInterface(Box<VmInterface>),
    /// `ipam.ipaddress`
    IpAddress(Box<IpAddress>),
    /// `dcim.macaddress`
    MacAddress(Box<MacAddress>),
    /// Any other type, as it came.
    Other(Value),
}

impl Object {
    /// The object's id. (0 only for an [`Object::Other`] that was put together by hand without one.)
    #[must_use]
    pub fn id(&self) -> u64 {
        match self {
            Self::VirtualMachine(object) => object.id,
            Self::VirtualDisk(object) => object.id,
            Self::VmInterface(object) => object.id,
            Self::IpAddress(object) => object.id,
            Self::MacAddress(object) => object.id,
            Self::Other(value) => value.get("id").and_then(tolerant::unsigned).unwrap_or_default(),
        }
    }
}

/// The HTTP request that made a change. All of it may be missing: jobs and scripts have none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RequestInfo {
    /// Its id, the same as the `X-Request-ID` header of the answer to who made the change.
    #[serde(deserialize_with = "tolerant::optional_text")]
    pub id: Option<String>,
    /// Name of the user. People and programs may share an account: do not decide by it.
    #[serde(deserialize_with = "tolerant::optional_text")]
    pub user: Option<String>,
    /// Path, since NetBox 4.6.
    #[serde(deserialize_with = "tolerant::optional_text")]
    pub path: Option<String>,
    /// HTTP method, since NetBox 4.6.
    #[serde(deserialize_with = "tolerant::optional_text")]
    pub method: Option<String>,
}

/// An object's raw values before and after a change.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Snapshots {
    /// Before; none for `created`.
    #[serde(deserialize_with = "tolerant::optional_map")]
    pub prechange: Option<Snapshot>,
    /// After; none for `deleted`.
    #[serde(deserialize_with = "tolerant::optional_map")]
    pub postchange: Option<Snapshot>,
}

/// Writes the body that NetBox 4.7 would send, with the fields that are modelled.
impl Serialize for Delivery {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut body = serializer.serialize_struct("Delivery", 7)?;
        body.serialize_field("event", &self.event)?;
        body.serialize_field("timestamp", &self.timestamp)?;
        body.serialize_field("object_type", &self.object_type)?;
        body.serialize_field("data", &self.object)?;
        body.serialize_field("request", &self.request)?;
        body.serialize_field("snapshots", &self.snapshots)?;
        match &self.active_branch {
            Some(name) => body.serialize_field("context", &json!({"active_branch": {"name": name}}))?,
            None => body.skip_field("context")?,
        }
        body.end()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::ObjectType;

    fn read(body: &Value) -> Result<Delivery, serde_json::Error> {
        serde_json::from_value(body.clone())
    }

    fn body_4_7() -> Value {
        json!({
            "event": "updated", "timestamp": "2026-11-22T08:15:21+00:00", "object_type": "virtualization.virtualdisk",
            "data": {"id": 3, "name": "scsi1", "size": 2000, "virtual_machine": {"id": 1, "name": "web01"},
                "custom_fields": {"proxmox_disk_storage_volume": {"value": "fast", "label": "Fast"}}},
            "request": {"id": "abc", "user": "admin", "path": "/api/virtualization/virtual-disks/3/", "method": "PATCH"},
            "snapshots": {"prechange": {"size": 1000}, "postchange": {"size": 2000}},
        })
    }

    #[test]
    fn a_delivery_of_4_2_says_model_and_username() {
        let delivery = read(&json!({
            "event": "created", "timestamp": "2025-01-10 09:00:00.123456+00:00", "model": "virtualmachine",
            "username": "admin", "request_id": "abc",
            "data": {"id": 7, "name": "web01", "status": {"value": "staged", "label": "Staged"}, "vcpus": 2.0,
                "cluster": {"id": 1, "name": "pve"}, "custom_fields": {"proxmox_node": "pve01", "proxmox_vmid": 101}},
            "snapshots": {"prechange": null, "postchange": {"name": "web01", "vcpus": "2.00"}},
        }))
        .unwrap();
        assert_eq!(delivery.object_type, ObjectType::VIRTUAL_MACHINE);
        assert_eq!((delivery.request.id.as_deref(), delivery.request.user.as_deref()), (Some("abc"), Some("admin")));
        let Object::VirtualMachine(machine) = delivery.object else { panic!("another object") };
        assert_eq!(machine.custom_fields.select("proxmox_node"), Some("pve01"));
        assert_eq!(machine.custom_fields.text("proxmox_vmid").as_deref(), Some("101"));
    }

    #[test]
    fn a_delivery_of_4_4_says_both_and_the_full_type_counts() {
        let delivery = read(&json!({
            "event": "updated", "timestamp": "2025-09-01T09:00:00+00:00", "object_type": "virtualization.vminterface",
            "model": "vminterface", "username": "admin", "request_id": "abc",
            "data": {"id": 2, "name": "eth0", "enabled": true, "virtual_machine": {"id": 7, "name": "web01"}},
            "snapshots": {"prechange": {"mtu": null}, "postchange": {"mtu": 9000}},
        }))
        .unwrap();
        assert!(matches!(&delivery.object, Object::VmInterface(interface) if interface.virtual_machine.id == 7));
        assert_eq!(delivery.key().to_string(), "abc/virtualization.vminterface/2/updated");
    }

    #[test]
    fn a_delivery_of_4_6_says_request_beside_the_old_names() {
        let mut body = body_4_7();
        body["username"] = json!("old");
        body["request_id"] = json!("old");
        body["data"]["custom_fields"] = json!({"proxmox_disk_storage_volume": "fast"});
        let delivery = read(&body).unwrap();
        assert_eq!((delivery.request.id.as_deref(), delivery.request.user.as_deref()), (Some("abc"), Some("admin")));
        assert!(matches!(&delivery.object, Object::VirtualDisk(disk)
            if disk.custom_fields.select("proxmox_disk_storage_volume") == Some("fast")));
    }

    #[test]
    fn what_every_delivery_has_is_missed_by_its_path() {
        for (path, name) in [("", "event"), ("", "object_type"), ("", "data"), ("/data", "id"), ("/data", "size")] {
            let mut body = body_4_7();
            body.pointer_mut(path).unwrap().as_object_mut().unwrap().remove(name);
            let error = read(&body).unwrap_err().to_string();
            assert!(error.contains(&format!("`{name}`")), "{path}/{name}: {error}");
            assert!(path.is_empty() || error.contains("data."), "{path}/{name}: {error}");
        }
    }

    #[test]
    fn a_wrong_value_is_named_by_its_path() {
        let mut body = body_4_7();
        body["data"]["size"] = json!("a lot");
        let error = read(&body).unwrap_err().to_string();
        assert!(error.starts_with("data.size: "), "{error}");
        body["data"] = json!({"id": null});
        body["object_type"] = json!("dcim.site");
        let error = read(&body).unwrap_err().to_string();
        assert!(error.starts_with("data.id: "), "{error}");
        for body in
            [json!(null), json!([]), json!("x"), json!({"event": "job_started", "object_type": "core.job", "data": {}})]
        {
            assert!(read(&body).is_err());
        }
    }

    #[test]
    fn of_bytes_too_a_wrong_value_is_named_by_its_path() {
        let body = |data: &str| {
            format!(r#"{{"event": "created", "object_type": "virtualization.virtualdisk", "data": {data}}}"#)
        };
        for (data, path) in [
            (r#"{"id": 3, "size": "a lot", "virtual_machine": 1}"#, "data.size: "),
            (r#"{"id": 3, "virtual_machine": 1}"#, "data: missing field `size`"),
            (r#"{"id": 3, "size": 1, "virtual_machine": "x"}"#, "data.virtual_machine: "),
        ] {
            let error = Delivery::from_slice(body(data).as_bytes()).unwrap_err().to_string();
            assert!(error.starts_with(path), "{data}: {error}");
        }
        let error = Delivery::from_slice(b"{").unwrap_err();
        assert!(error.is_eof(), "{error}");
    }

    #[test]
    fn another_type_is_kept_as_it_came() {
        let mut body = body_4_7();
        body["object_type"] = json!("dcim.site");
        let delivery = read(&body).unwrap();
        assert_eq!(delivery.object.id(), 3);
        assert!(matches!(&delivery.object, Object::Other(data) if data["name"] == "scsi1"));
    }

    #[test]
    fn a_branch_is_noticed_in_whatever_form() {
        for (context, branch) in [
            (json!({"active_branch": {"id": 4, "name": "next week", "schema_id": "x1"}}), Some("next week")),
            (json!({"active_branch": "next week"}), Some("next week")),
            (json!({"active_branch": {"id": 4}}), Some("4")),
            (json!({"active_branch": {}}), Some("unnamed")),
            (json!({"active_branch": null}), None),
            (json!({"other": 1}), None),
            (json!(null), None),
        ] {
            let mut body = body_4_7();
            body["context"] = context.clone();
            assert_eq!(read(&body).unwrap().active_branch.as_deref(), branch, "{context}");
            let mut body = body_4_7();
            if let Some(active) = context.get("active_branch") {
                body["data"]["active_branch"] = active.clone();
            }
            assert_eq!(read(&body).unwrap().active_branch.as_deref(), branch, "in the object: {context}");
        }
    }

    #[test]
    fn no_request_and_no_snapshots_are_fine() {
        let mut body = body_4_7();
        for name in ["request", "snapshots", "timestamp"] {
            body.as_object_mut().unwrap().remove(name);
        }
        let delivery = read(&body).unwrap();
        body["request"] = json!({"id": null, "user": {"id": 1, "username": "admin"}});
        assert_eq!(read(&body).unwrap().request, RequestInfo::default());
        assert_eq!(delivery.key().request_id, None);
        assert!(!delivery.is_noop());
        assert_eq!(delivery.timestamp, "");
    }
}
