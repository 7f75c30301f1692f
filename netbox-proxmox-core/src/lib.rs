//! What a change in NetBox means for Proxmox VE.
