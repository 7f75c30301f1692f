//! What Proxmox answers, read tolerantly: a field that is missing, new, or of an unexpected shape breaks nothing.

#[macro_use]
mod declare;

mod access;
mod agent;
mod backup;
mod cluster;
mod firewall;
mod guest;
mod ha;
mod interfaces;
mod list;
mod migration;
mod network;
mod node;
#[cfg(feature = "client")]
mod secret;
mod snapshot;
mod storage;
mod system;
pub(crate) mod task;
mod user;

pub use access::{Permissions, Version};
#[cfg(any(test, feature = "client"))]
pub(crate) use agent::AgentAnswer;
pub use agent::{AgentExit, AgentFile, AgentFilesystem, AgentOsInfo, AgentProcess, AgentUser};
pub use backup::{BackupJob, NotBackedUp, PrunedBackup, StorageStatus, UrlInfo, VolumeInfo};
pub use cluster::{ClusterMember, Resource, ResourceType};
pub use firewall::{
    FirewallAlias, FirewallGroup, FirewallMacro, FirewallOptions, FirewallRef, FirewallRule, FirewallSet,
    FirewallSetEntry,
};
pub use guest::{GuestStatus, GuestSummary, Pending};
pub use ha::{HaGroup, HaMove, HaResource, HaRule, HaStatus, Pool, ReplicationJob, ReplicationStatus};
pub use interfaces::InnerInterface;
pub use list::List;
pub use migration::MigrationCheck;
pub use network::{Network, SdnSubnet, SdnVnet, SdnZone};
pub use node::Node;
#[cfg(feature = "client")]
pub use secret::{Console, NewToken, SpiceConsole};
pub use snapshot::Snapshot;
pub use storage::{NodeStorage, StorageConfig, Volume};
pub use system::{ClusterOptions, NodeDns, NodeStatus, NodeTime, Service, Usage};
pub use task::{LogLine, TaskLog, TaskOutcome, TaskStatus, TaskSummary};
pub use user::{AclEntry, Group, Role, Token, User};
