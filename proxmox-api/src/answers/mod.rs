//! What Proxmox answers, read tolerantly: a field that is missing, new, or of an unexpected shape breaks nothing.

mod access;
mod cluster;
mod guest;
mod interfaces;
mod list;
mod migration;
mod node;
mod storage;
pub(crate) mod task;

pub use access::{Permissions, Version};
pub use cluster::{ClusterMember, Resource, ResourceType};
pub use guest::{GuestStatus, GuestSummary, Pending};
pub(crate) use interfaces::AgentAnswer;
pub use interfaces::InnerInterface;
pub use list::List;
pub use migration::MigrationCheck;
pub use node::Node;
pub use storage::{NodeStorage, StorageConfig, Volume};
pub use task::{LogLine, TaskLog, TaskOutcome, TaskStatus, TaskSummary};
