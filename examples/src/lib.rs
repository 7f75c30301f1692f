//! What the front-ends share: configuration, connections, exit codes, output, and the webhook server itself, which
//! tests and the demo run in process. Nothing here decides what a change means: that is `netbox_proxmox_core`.

pub mod ask;
pub mod config;
pub mod connect;
pub mod delivery;
pub mod environment;
pub mod exit;
pub mod logging;
pub mod look;
pub mod metrics;
pub mod observe;
pub mod output;
pub mod server;
pub mod steps;

pub use config::{ConfigError, Settings};
pub use exit::{Exit, Problem};
