//! What makes NetBox describe guests and send deliveries: custom fields, their choices, webhooks, event rules.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Brief;
use crate::{Choice, tolerant};

/// The definition of a custom field: `extras/custom-fields`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CustomField {
    /// Its id.
    #[serde(deserialize_with = "tolerant::integer")]
    pub id: u64,
    /// Its name, the key under `custom_fields`.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub name: String,
    /// What people see instead of the name.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub label: String,
    /// Its type: `text`, `longtext`, `integer`, `select` …
    #[serde(default, rename = "type")]
    pub field_type: Choice,
    /// The object types that have it.
    #[serde(default, deserialize_with = "tolerant::list")]
    pub object_types: Vec<String>,
    /// The choices of a selection.
    #[serde(default)]
    pub choice_set: Option<Brief>,
    /// Whether it must be set.
    #[serde(default, deserialize_with = "tolerant::optional_flag")]
    pub required: Option<bool>,
    /// The value of objects created without one, any JSON.
    #[serde(default)]
    pub default: Option<Value>,
    /// How a filter on it matches: `exact`, `loose`, or `disabled`, with which `cf_NAME=` is ignored and everything is
    /// listed.
    #[serde(default)]
    pub filter_logic: Choice,
    /// One line about it.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub description: String,
}

/// A set of choices: `extras/custom-field-choice-sets`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CustomFieldChoiceSet {
    /// Its id.
    #[serde(deserialize_with = "tolerant::integer")]
    pub id: u64,
    /// Its name.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub name: String,
    /// One line about it.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub description: String,
    /// The choices: pairs of value and label. A write replaces all of them; one in use cannot be removed.
    #[serde(default, deserialize_with = "tolerant::list")]
    pub extra_choices: Vec<(String, String)>,
    /// Number of choices.
    #[serde(default, deserialize_with = "tolerant::optional_integer")]
    pub choices_count: Option<u64>,
}

/// A webhook: `extras/webhooks`. Its `secret` and `additional_headers`, which NetBox shows in clear, are not read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Webhook {
    /// Its id.
    #[serde(deserialize_with = "tolerant::integer")]
    pub id: u64,
    /// Its name.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub name: String,
    /// One line about it.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub description: String,
    /// Where it sends to.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub payload_url: String,
    /// With which method: `POST` …
    #[serde(default, deserialize_with = "tolerant::text")]
    pub http_method: String,
    /// With which content type.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub http_content_type: String,
    /// A template of the body; empty is the usual body.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub body_template: String,
    /// Whether the receiver's certificate is verified.
    #[serde(default, deserialize_with = "tolerant::optional_flag")]
    pub ssl_verification: Option<bool>,
    /// Seconds it waits for an answer, since NetBox 4.7.
    #[serde(default, deserialize_with = "tolerant::optional_integer")]
    pub timeout: Option<u64>,
}

/// An event rule: `extras/event-rules`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct EventRule {
    /// Its id.
    #[serde(deserialize_with = "tolerant::integer")]
    pub id: u64,
    /// Its name.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub name: String,
    /// One line about it.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub description: String,
    /// Whether it is enabled.
    #[serde(default, deserialize_with = "tolerant::optional_flag")]
    pub enabled: Option<bool>,
    /// The object types it is for.
    #[serde(default, deserialize_with = "tolerant::list")]
    pub object_types: Vec<String>,
    /// The events it is for: `object_created`, `object_updated`, `object_deleted` …
    #[serde(default, deserialize_with = "tolerant::list")]
    pub event_types: Vec<String>,
    /// Its conditions, any JSON.
    #[serde(default)]
    pub conditions: Option<Value>,
    /// What it does: `webhook` …
    #[serde(default)]
    pub action_type: Choice,
    /// Kind of what does it: `extras.webhook`.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub action_object_type: String,
    /// Id of what does it.
    #[serde(default, deserialize_with = "tolerant::optional_integer")]
    pub action_object_id: Option<u64>,
}
