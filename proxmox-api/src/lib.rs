//! Typed client for the Proxmox VE API.
