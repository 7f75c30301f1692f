//! Devices.

use serde::{Deserialize, Serialize};

use super::Brief;
use crate::{Choice, tolerant};

/// A device: `dcim/devices`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Device {
    /// Its id.
    #[serde(deserialize_with = "tolerant::integer")]
    pub id: u64,
    /// Its name, unique per site and tenant; a device may have none.
    #[serde(default, deserialize_with = "tolerant::text")]
    pub name: String,
    /// Its role.
    #[serde(default)]
    pub role: Option<Brief>,
    /// Its type.
    #[serde(default)]
    pub device_type: Option<Brief>,
    /// Its site.
    #[serde(default)]
    pub site: Option<Brief>,
    /// Its cluster.
    #[serde(default)]
    pub cluster: Option<Brief>,
    /// Its status: `active`, `offline`, `planned` …
    #[serde(default)]
    pub status: Option<Choice>,
    /// When it was created.
    #[serde(default)]
    pub created: Option<String>,
    /// When it was last saved.
    #[serde(default)]
    pub last_updated: Option<String>,
}
