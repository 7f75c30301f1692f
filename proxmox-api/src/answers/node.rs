//! Nodes.

use serde::Deserialize;

use crate::types::{NodeName, scalar};

/// An item of `GET /nodes`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Node {
    /// The name.
    pub node: NodeName,
    /// `online`, `offline` or `unknown`.
    #[serde(default, deserialize_with = "scalar::opt_text")]
    pub status: Option<String>,
    /// SHA-256 fingerprint of its certificate.
    #[serde(default, deserialize_with = "scalar::opt_text")]
    pub ssl_fingerprint: Option<String>,
    /// Processors.
    #[serde(default, deserialize_with = "scalar::opt_integer")]
    pub maxcpu: Option<u64>,
    /// Memory in bytes.
    #[serde(default, deserialize_with = "scalar::opt_integer")]
    pub maxmem: Option<u64>,
    /// Memory used, in bytes.
    #[serde(default, deserialize_with = "scalar::opt_integer")]
    pub mem: Option<u64>,
}

impl Node {
    /// Whether it is reachable.
    pub fn is_online(&self) -> bool {
        self.status.as_deref() == Some("online")
    }
}
