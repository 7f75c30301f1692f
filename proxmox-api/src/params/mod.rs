//! Parameters of requests: plain data that can be looked at without sending anything.
//!
//! Each struct has the API's names in Rust's spelling (`forceStop` is `force_stop`) and a `to_params` that says exactly
//! what will be sent.

#[macro_use]
mod declare;

mod access;
mod backup;
mod clone;
mod cluster;
mod config_update;
mod destroy;
mod firewall;
mod form;
mod lxc;
mod migrate;
mod network;
mod power;
mod resize;
mod snapshot;
mod task_filter;
mod volume;

pub use access::{AclParams, GroupParams, RoleParams, TokenParams, UserParams};
pub use backup::{BackupJobParams, BackupParams, LxcRestoreParams, QemuRestoreParams};
pub use clone::CloneParams;
pub use cluster::{HaGroupParams, HaResourceParams, HaRuleParams, PoolUpdate, ReplicationParams, StorageParams};
pub use config_update::ConfigUpdate;
pub use destroy::DestroyParams;
pub use firewall::{
    FirewallAliasParams, FirewallGroupParams, FirewallRuleParams, FirewallSetEntryParams, FirewallSetParams,
};
pub use form::{ParamValue, Params};
pub use lxc::{LxcCloneParams, LxcCreateParams};
pub use migrate::MigrateParams;
pub use network::{NetworkParams, SdnSubnetParams, SdnVnetParams, SdnZoneParams};
pub use power::{ShutdownParams, StartParams, StopParams, SuspendParams};
pub use resize::{Resize, ResizeParams};
pub use snapshot::{QemuSnapshotParams, SnapshotParams};
pub use task_filter::{TaskFilter, TaskSource};
pub use volume::{AllocateParams, DownloadParams, MoveDiskParams, MoveVolumeParams, PruneParams, UploadParams};
