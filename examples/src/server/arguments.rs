//! What the server is called with: nothing but what every program understands. Its text is its manual page, too.

use clap::Parser;

/// Receives NetBox's webhooks and makes Proxmox VE what NetBox says.
///
/// Everything is configured by environment variables, or by the same names in the TOML file NETBOX_PROXMOX_CONFIG:
/// NETBOX_URL, NETBOX_TOKEN, NETBOX_WEBHOOK_SECRET, PROXMOX_URL and PROXMOX_TOKEN are needed. Secrets may be given as
/// NAME_FILE. Others: NETBOX_CLUSTER, PROXMOX_FINGERPRINT or PROXMOX_CA_FILE, NETBOX_PROXMOX_LISTEN (127.0.0.1:8080),
/// NETBOX_PROXMOX_PATHS, NETBOX_PROXMOX_INBOX (sqlite:netbox-proxmox.sqlite), NETBOX_PROXMOX_LOG (text or json),
/// RUST_LOG.
#[derive(Debug, Parser)]
#[command(name = "netbox-proxmox-webhook", version)]
pub struct Arguments {}
