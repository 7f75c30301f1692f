//! Answers that hold a secret: it is read with [`ExposeSecret`](secrecy::ExposeSecret), and not shown.

use secrecy::SecretString;
use serde::Deserialize;

use crate::types::{Upid, scalar};

/// A token that was just made: Proxmox says its secret only now.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct NewToken {
    /// `user@realm!name`
    #[serde(rename = "full-tokenid", deserialize_with = "scalar::required_text")]
    pub full_tokenid: String,
    /// The secret alone.
    pub value: SecretString,
}

/// What a console is opened with, by a WebSocket (`…/vncwebsocket?port=…&vncticket=…`).
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct Console {
    /// The port on the node.
    #[serde(deserialize_with = "scalar::required_text")]
    pub port: String,
    /// The ticket, good for a few seconds.
    pub ticket: SecretString,
    /// Who opens it.
    #[serde(default)]
    pub user: String,
    /// The certificate of the node, in PEM form.
    #[serde(default)]
    pub cert: Option<String>,
    /// The task that serves it.
    #[serde(default)]
    pub upid: Option<Upid>,
}

/// What `remote-viewer` opens a SPICE console with.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct SpiceConsole {
    /// The host, as the proxy knows it.
    pub host: String,
    /// The password, good for a few seconds.
    pub password: SecretString,
    /// The proxy to go through.
    #[serde(default)]
    pub proxy: Option<String>,
    /// The port with TLS.
    #[serde(rename = "tls-port", default, deserialize_with = "scalar::opt_integer")]
    pub tls_port: Option<u64>,
}
