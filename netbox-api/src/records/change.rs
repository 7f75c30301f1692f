//! The change log, and the journal people read.

use serde::{Deserialize, Serialize};

use super::Tag;
use crate::{Choice, CustomFields, DeliveryKey, EventKind, Snapshot, tolerant};

/// An entry of the change log: `core/object-changes` (`extras/object-changes` before NetBox 4.1). It survives its object.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ObjectChange {
    /// Its id, growing with time.
    #[serde(deserialize_with = "tolerant::integer")]
    pub id: u64,
    /// When it happened.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub time: String,
    /// Name of the user.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub user_name: String,
    /// Id of the request, the same as in the deliveries it raised.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub request_id: String,
    /// `create`, `update` or `delete`.
    #[serde(default)]
    pub action: Choice,
    /// Kind of object, for example `virtualization.virtualmachine`.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub changed_object_type: String,
    /// Id of the object.
    #[serde(deserialize_with = "tolerant::integer")]
    pub changed_object_id: u64,
    /// How the object was shown at that time.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub object_repr: String,
    /// The `changelog_message` of who made the change, since NetBox 4.4.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub message: String,
    /// Raw values before; none for `create`.
    #[serde(default, deserialize_with = "tolerant::optional_map")]
    pub prechange_data: Option<Snapshot>,
    /// Raw values after; for `delete` none, or empty (NetBox 4.7.3).
    #[serde(default, deserialize_with = "tolerant::optional_map")]
    pub postchange_data: Option<Snapshot>,
}

impl ObjectChange {
    /// What happened. None for an action not known.
    #[must_use]
    pub fn event(&self) -> Option<EventKind> {
        match self.action.as_str() {
            "create" => Some(EventKind::Created),
            "update" => Some(EventKind::Updated),
            "delete" => Some(EventKind::Deleted),
            _ => None,
        }
    }

    /// What the event is known by beside its time, the same as that of its delivery. None for an action not known.
    #[must_use]
    pub fn key(&self) -> Option<DeliveryKey> {
        Some(DeliveryKey {
            request_id: (!self.request_id.is_empty()).then(|| self.request_id.clone()),
            object_type: self.changed_object_type.clone(),
            object_id: self.changed_object_id,
            event: self.event()?,
        })
    }
}

/// A journal entry on an object: `extras/journal-entries`. It goes with its object.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct JournalEntry {
    /// Its id.
    #[serde(deserialize_with = "tolerant::integer")]
    pub id: u64,
    /// Kind of the object it is on.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub assigned_object_type: String,
    /// Id of the object it is on.
    #[serde(default, deserialize_with = "tolerant::optional_integer")]
    pub assigned_object_id: Option<u64>,
    /// `info`, `success`, `warning` or `danger`.
    #[serde(default)]
    pub kind: Choice,
    /// Its text, Markdown.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub comments: String,
    /// Its tags.
    #[serde(default, deserialize_with = "tolerant::read")]
    pub tags: Vec<Tag>,
    /// Its custom fields.
    #[serde(default)]
    pub custom_fields: CustomFields,
    /// When it was written.
    #[serde(default)]
    pub created: Option<String>,
    /// When it was last saved.
    #[serde(default)]
    pub last_updated: Option<String>,
}
