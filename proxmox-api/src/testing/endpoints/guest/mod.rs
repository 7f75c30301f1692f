//! What virtual machines and containers have in common.

pub(super) mod config;
pub(super) mod copy;
pub(super) mod create;
pub(super) mod destroy;
pub(super) mod disks;
pub(super) mod drives;
pub(super) mod interfaces;
pub(super) mod migrate;
pub(super) mod migration_check;
pub(super) mod power;
pub(super) mod snapshots;
pub(super) mod status;
pub(super) mod update;

use super::Ctx;
